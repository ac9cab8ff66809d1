"""What the PostgreSQL engine keeps, and how it publishes: one function, which runs in one transaction.

`PREFIX_store` has one row, whose lock puts all publishers in one order: numbers are committed in the order they have.
`PREFIX_heads` has for each channel how many messages it keeps, and the number of the last one dropped.
"""

SWEEP = 1000
"""After so many messages, those of channels out of use are looked for."""

TABLES = """
CREATE TABLE IF NOT EXISTS {p}_store (one_row boolean PRIMARY KEY DEFAULT true CHECK (one_row), epoch bigint NOT NULL,
    newest bigint NOT NULL);
INSERT INTO {p}_store (epoch, newest) VALUES ((extract(epoch FROM clock_timestamp()) * 1000)::bigint, 0)
    ON CONFLICT DO NOTHING;
CREATE TABLE IF NOT EXISTS {p}_messages (id bigint PRIMARY KEY, channel text NOT NULL, payload text NOT NULL,
    token text NOT NULL, at timestamptz NOT NULL);
CREATE INDEX IF NOT EXISTS {p}_messages_channel ON {p}_messages (channel, id);
CREATE INDEX IF NOT EXISTS {p}_messages_at ON {p}_messages (at);
CREATE TABLE IF NOT EXISTS {p}_heads (channel text PRIMARY KEY, kept bigint NOT NULL, dropped bigint NOT NULL);
CREATE OR REPLACE FUNCTION {p}_publish(name text, value text, attempt text, repeated boolean, history bigint,
    seconds double precision) RETURNS bigint LANGUAGE plpgsql AS $body$
DECLARE
    number bigint;
    kept_now bigint;
    last_dropped bigint;
    oldest timestamptz := clock_timestamp() - make_interval(secs => seconds);
BEGIN
    UPDATE {p}_store SET newest = newest + 1 RETURNING newest INTO number;
    IF repeated THEN
        SELECT id INTO kept_now FROM {p}_messages WHERE channel = name AND token = attempt;
        IF FOUND THEN
            UPDATE {p}_store SET newest = newest - 1;
            RETURN kept_now;
        END IF;
    END IF;
    INSERT INTO {p}_messages VALUES (number, name, value, attempt, clock_timestamp());
    INSERT INTO {p}_heads VALUES (name, 1, 0)
        ON CONFLICT (channel) DO UPDATE SET kept = {p}_heads.kept + 1 RETURNING {p}_heads.kept INTO kept_now;
    IF kept_now > history THEN
        WITH surplus AS (DELETE FROM {p}_messages WHERE id IN
            (SELECT id FROM {p}_messages WHERE channel = name ORDER BY id LIMIT kept_now - history) RETURNING id)
        SELECT max(id) INTO last_dropped FROM surplus;
        UPDATE {p}_heads SET kept = history, dropped = last_dropped WHERE channel = name;
    END IF;
    IF number % {sweep} = 0 THEN
        WITH old AS (DELETE FROM {p}_messages WHERE at < oldest RETURNING id, channel),
            sums AS (SELECT channel, max(id) AS last, count(*) AS total FROM old GROUP BY channel)
        UPDATE {p}_heads SET kept = kept - sums.total, dropped = greatest(dropped, sums.last)
            FROM sums WHERE sums.channel = {p}_heads.channel;
    END IF;
    PERFORM pg_notify('{p}_live', number || ' ' || name);
    RETURN number;
END $body$;
"""
