"""The role that the application acts as, and the function that keeps `updated_at`."""

from alembic import op

revision = "001_cc_roles"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create role and function. Roles belong to the whole server, so the role may exist already."""
    op.execute(
        """
        DO $$ BEGIN
            CREATE ROLE service_role NOLOGIN NOSUPERUSER NOBYPASSRLS;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END $$
        """
    )
    op.execute("GRANT USAGE ON SCHEMA public TO service_role")
    op.execute("GRANT SELECT ON alembic_version TO service_role")
    op.execute(
        """
        CREATE FUNCTION cc_touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            NEW.updated_at := now();
            RETURN NEW;
        END $$
        """
    )


def downgrade() -> None:
    """Revert everything except the role, which other databases of the server may use."""
    op.execute("DROP FUNCTION cc_touch_updated_at()")
    op.execute("REVOKE SELECT ON alembic_version FROM service_role")
    op.execute("REVOKE USAGE ON SCHEMA public FROM service_role")
