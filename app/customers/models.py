"""The table of customers, and a property that shows the customer of another row."""

from sqlalchemy import CheckConstraint, Index, select, text
from sqlalchemy.orm import Mapped, MappedSQLExpression, column_property

from app.core.database import Base, BigId, CreatedAt, UpdatedAt


class Customer(Base):
    """One person with a number, a user id, or both.

    `number_encrypted` holds the provider's spelling of the number. `number_fingerprint` is
    made from the canonical spelling, so that every spelling finds the same row.
    """

    __tablename__ = "cc_customers"
    __table_args__ = (
        CheckConstraint(
            "number_fingerprint IS NOT NULL OR user_id_fingerprint IS NOT NULL", name="is_known"
        ),
        CheckConstraint(
            "(number_fingerprint IS NULL) = (number_encrypted IS NULL)", name="number_whole"
        ),
        CheckConstraint(
            "(user_id_fingerprint IS NULL) = (user_id_encrypted IS NULL)", name="user_id_whole"
        ),
        Index(
            "uq_cc_customers_number",
            "number_fingerprint",
            unique=True,
            postgresql_where=text("number_fingerprint IS NOT NULL"),
        ),
        Index(
            "uq_cc_customers_user_id",
            "user_id_fingerprint",
            unique=True,
            postgresql_where=text("user_id_fingerprint IS NOT NULL"),
        ),
    )

    id: Mapped[BigId]
    number_encrypted: Mapped[str | None]
    number_fingerprint: Mapped[str | None]
    user_id_encrypted: Mapped[str | None]
    user_id_fingerprint: Mapped[str | None]
    masked: Mapped[str]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


def masked_of(customer_id: Mapped[int]) -> MappedSQLExpression[str]:
    """Return a property with the masked customer of a row, loaded in the query of the row."""
    masked = select(Customer.masked).where(Customer.id == customer_id)
    return column_property(masked.correlate_except(Customer).scalar_subquery())
