"""The words of each inbox item, for the search.

The words are written after the item, by the task `periodic.index_items`, because an index of
words would slow down the dispatch. The search reads items without words itself.

An index of words has no order. So each row also has three words that no text contains, one per
size of a block of ids. With them the search reads the newest items first.
"""

from alembic import op

from migrations.row_security import drop, protect

revision = "041_cc_inbox_search"
down_revision = "040_cc_verifications_by_status"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables, and a trigger that adds the words of notes."""
    op.execute(
        """
        CREATE FUNCTION cc_fold(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
        RETURN translate(lower($1), 'áàâãäåéèêëíìîïóòôõöúùûüñçý', 'aaaaaaeeeeiiiiooooouuuuncy')
        """
    )
    op.execute(
        """
        CREATE FUNCTION cc_words(text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
        RETURN to_tsvector('pg_catalog.simple'::regconfig,
                           regexp_replace(cc_fold($1), '[^[:alnum:]]+', ' ', 'g'))
        """
    )
    op.execute(
        """
        CREATE FUNCTION cc_words_of_item(cc_admin_inbox_items) RETURNS tsvector
        LANGUAGE sql STABLE
        RETURN cc_words(concat_ws(' ', $1.title, $1.body, $1.link_ref,
            (SELECT string_agg(note, ' ') FROM cc_admin_inbox_activity WHERE item_id = $1.id)))
            || array_to_tsvector(ARRAY['#10000:' || $1.id / 10000, '#100000:' || $1.id / 100000,
                                       '#1000000:' || $1.id / 1000000])
        """
    )
    op.execute(
        """
        CREATE TABLE cc_inbox_search (
            item_id BIGINT NOT NULL,
            words TSVECTOR NOT NULL,
            CONSTRAINT pk_cc_inbox_search PRIMARY KEY (item_id),
            CONSTRAINT fk_cc_inbox_search_item_id FOREIGN KEY (item_id)
                REFERENCES cc_admin_inbox_items (id) ON DELETE CASCADE
        )
        """
    )
    op.execute("CREATE INDEX ix_cc_inbox_search_words ON cc_inbox_search USING gin (words)")
    op.execute(
        """
        CREATE TABLE cc_inbox_search_progress (
            id BIGINT NOT NULL,
            indexed_below BIGINT NOT NULL,
            CONSTRAINT pk_cc_inbox_search_progress PRIMARY KEY (id),
            CONSTRAINT ck_cc_inbox_search_progress_one_row CHECK (id = 1)
        )
        """
    )
    op.execute("INSERT INTO cc_inbox_search_progress (id, indexed_below) VALUES (1, 0)")
    protect("cc_inbox_search", "cc_inbox_search_progress")
    op.execute(
        """
        CREATE FUNCTION cc_index_note() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO cc_inbox_search (item_id, words)
            SELECT id, cc_words_of_item(cc_admin_inbox_items)
            FROM cc_admin_inbox_items WHERE id = NEW.item_id
            ON CONFLICT (item_id) DO UPDATE
            SET words = cc_inbox_search.words || cc_words(NEW.note);
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER cc_admin_inbox_activity_note AFTER INSERT ON cc_admin_inbox_activity"
        " FOR EACH ROW WHEN (NEW.note IS NOT NULL) EXECUTE FUNCTION cc_index_note()"
    )


def downgrade() -> None:
    """Drop the trigger, the tables and the functions."""
    op.execute("DROP TRIGGER cc_admin_inbox_activity_note ON cc_admin_inbox_activity")
    op.execute("DROP FUNCTION cc_index_note()")
    drop("cc_inbox_search", "cc_inbox_search_progress")
    op.execute("DROP FUNCTION cc_words_of_item(cc_admin_inbox_items)")
    op.execute("DROP FUNCTION cc_words(text)")
    op.execute("DROP FUNCTION cc_fold(text)")
