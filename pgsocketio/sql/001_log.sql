-- The message log, and the functions that publish to it. Run in one transaction by log/schema.py,
-- which replaces @schema@ by the quoted name of the schema it installs into. Each of our names has it
-- in front: no function looks for anything in a schema in which others may create objects, because
-- theirs would run with our rights (PostgreSQL manual, "Writing SECURITY DEFINER Functions Safely").

CREATE TABLE @schema@.web_socketio_meta (
    key text PRIMARY KEY,
    value text NOT NULL
);
COMMENT ON TABLE @schema@.web_socketio_meta IS 'oe.web.socketio: version, secret and epoch of the message log';

INSERT INTO @schema@.web_socketio_meta (key, value) VALUES
    ('trimmed_xid', '0'), ('retention', '24 hours'), ('max_size', '1073741824'),
    ('slot_since', now()::text);

-- Makes another log of it: older positions and older content count no more.
-- The HMAC of RFC 2104 needs the secret XORed with two constants; both are kept ready.
CREATE FUNCTION @schema@.web_socketio_new_log() RETURNS void
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    WITH secret AS (
        SELECT decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex')
               || decode(repeat('00', 32), 'hex') AS bytes
    ), pads AS (
        SELECT string_agg(lpad(to_hex(get_byte(bytes, i) # 54), 2, '0'), '' ORDER BY i) AS inner_pad,
               string_agg(lpad(to_hex(get_byte(bytes, i) # 92), 2, '0'), '' ORDER BY i) AS outer_pad,
               min(encode(bytes, 'hex')) AS secret
        FROM secret, generate_series(0, 63) AS i
    )
    INSERT INTO @schema@.web_socketio_meta (key, value)
    SELECT key, value FROM pads, LATERAL (VALUES
        ('inner_pad', inner_pad), ('outer_pad', outer_pad), ('secret', left(secret, 64)),
        ('log', gen_random_uuid()::text), ('trimmed_xid', '0')
    ) AS rows(key, value)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value
$$;
SELECT @schema@.web_socketio_new_log();

CREATE SEQUENCE @schema@.web_socketio_log_id;

-- The slot that is filled now. A sequence, because its value is no matter of snapshots: a transaction
-- that began before the change writes into the new slot too, so a closed slot stays closed.
CREATE SEQUENCE @schema@.web_socketio_slot MINVALUE 0 MAXVALUE 3;

-- Four slots, filled in turn and emptied by TRUNCATE: constant time, and a DROP TABLE would make
-- every publisher wait behind one open reader.
CREATE TABLE @schema@.web_socketio_log (
    slot smallint NOT NULL,
    id bigint NOT NULL DEFAULT nextval('@schema@.web_socketio_log_id'),
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    date timestamptz NOT NULL DEFAULT clock_timestamp(),
    channel text NOT NULL,
    uid integer,
    payload jsonb NOT NULL
) PARTITION BY LIST (slot);
COMMENT ON TABLE @schema@.web_socketio_log IS 'oe.web.socketio: messages published and kept for clients that come back';
CREATE TABLE @schema@.web_socketio_log_0 PARTITION OF @schema@.web_socketio_log FOR VALUES IN (0);
CREATE TABLE @schema@.web_socketio_log_1 PARTITION OF @schema@.web_socketio_log FOR VALUES IN (1);
CREATE TABLE @schema@.web_socketio_log_2 PARTITION OF @schema@.web_socketio_log FOR VALUES IN (2);
CREATE TABLE @schema@.web_socketio_log_3 PARTITION OF @schema@.web_socketio_log FOR VALUES IN (3);
CREATE INDEX ON @schema@.web_socketio_log (xid);

-- Volatile messages of transactions that notify after their COMMIT; a row lives for that moment. A
-- table, because savepoints undo its rows; unlogged, because after a crash nobody wants them.
CREATE UNLOGGED TABLE @schema@.web_socketio_volatile (
    id bigint NOT NULL DEFAULT nextval('@schema@.web_socketio_log_id'),
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    sealed text NOT NULL
);
CREATE INDEX ON @schema@.web_socketio_volatile (xid);

-- What this log was made under: cluster, database, WAL timeline. It differs after a restore, a
-- duplication by template, a promotion.
CREATE FUNCTION @schema@.web_socketio_origin() RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT (SELECT system_identifier FROM pg_control_system()) || ':'
        || (SELECT oid FROM pg_database WHERE datname = current_database()) || ':'
        || CASE WHEN pg_is_in_recovery() THEN 'standby'
                ELSE left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) END
$$;

INSERT INTO @schema@.web_socketio_meta (key, value) VALUES ('origin', @schema@.web_socketio_origin());

CREATE FUNCTION @schema@.web_socketio_epoch() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT left(md5(value || '/' || @schema@.web_socketio_origin()), 16)
    FROM @schema@.web_socketio_meta WHERE key = 'log'
$$;

-- Starts another log when this one was made under another origin; says whether it did.
CREATE FUNCTION @schema@.web_socketio_renew() RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF pg_is_in_recovery() OR (SELECT value FROM @schema@.web_socketio_meta WHERE key = 'origin') = @schema@.web_socketio_origin() THEN
        RETURN false;
    END IF;
    UPDATE @schema@.web_socketio_meta SET value = @schema@.web_socketio_origin() WHERE key = 'origin' AND value <> @schema@.web_socketio_origin();
    IF NOT FOUND THEN
        RETURN false;  -- another server was first
    END IF;
    PERFORM @schema@.web_socketio_new_log();
    TRUNCATE @schema@.web_socketio_log;
    RETURN true;
END
$$;

CREATE FUNCTION @schema@.web_socketio_position() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT @schema@.web_socketio_epoch() || ':' || pg_current_snapshot()::text
$$;
COMMENT ON FUNCTION @schema@.web_socketio_position() IS 'where the calling transaction stands in the message log; a client may start from there';

CREATE FUNCTION @schema@.web_socketio_sealed(body text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT '1:' || encode(sha256(
        decode((SELECT value FROM @schema@.web_socketio_meta WHERE key = 'outer_pad'), 'hex') || sha256(
            decode((SELECT value FROM @schema@.web_socketio_meta WHERE key = 'inner_pad'), 'hex')
            || convert_to(body, 'UTF8'))), 'hex') || ':' || body
$$;

CREATE FUNCTION @schema@.web_socketio_body(
    id bigint, xid xid8, date timestamptz, channel text, uid integer, payload jsonb
) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT json_build_object(
        'i', id, 'x', xid::text, 'c', channel, 'u', uid,
        'd', to_char(date AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'),
        'n', CASE WHEN id IS NULL THEN gen_random_uuid() END,
        'p', payload)::text
$$;

-- Sends the rows given as NOTIFY: inline where they fit into 7999 bytes, as a hint otherwise.
CREATE FUNCTION @schema@.web_socketio_send(sealed text) RETURNS void
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT pg_notify('web_socketio',
        CASE WHEN octet_length(convert_to(sealed, 'UTF8')) <= 7999 THEN sealed ELSE '1:' END)
$$;

-- Options: durable (true): false skips the log. uid: of the publishing user. defer (false): the
-- caller sends the NOTIFY itself after its COMMIT, with web_socketio_wake.
CREATE FUNCTION @schema@.web_socketio_notify(
    channel text, payload jsonb DEFAULT '{}', options jsonb DEFAULT '{}'
) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    durable constant boolean := coalesce((options->>'durable')::boolean, true);
    defer constant boolean := coalesce((options->>'defer')::boolean, false);
    -- Set by an earlier deferred message of this transaction; a savepoint's rollback undoes it.
    deferred constant boolean := defer
        OR coalesce(current_setting('web_socketio.deferred', true), '') = '1';
    user_id constant integer := (options->>'uid')::integer;
    size constant integer := octet_length(convert_to(payload::text, 'UTF8'));
    entry record;
    sealed text;
BEGIN
    IF channel IS NULL OR channel = '' OR octet_length(convert_to(channel, 'UTF8')) > 255 THEN
        RAISE EXCEPTION 'web_socketio_notify: a channel is a name of 1 to 255 bytes'
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF payload IS NULL OR jsonb_typeof(payload) <> 'object' THEN
        RAISE EXCEPTION 'web_socketio_notify: the values are a JSON object, not %',
            coalesce(jsonb_typeof(payload), 'null') USING ERRCODE = 'invalid_parameter_value';
    ELSIF size > 1258291 THEN
        RAISE EXCEPTION 'web_socketio_notify: the values take % bytes; the limit is 1 MiB', size
            USING ERRCODE = 'program_limit_exceeded', HINT = 'Send the id of a record instead.';
    ELSIF jsonb_path_exists(
        payload, 'strict $.**{100} ? (@.type() == "array" || @.type() == "object")'
    ) THEN
        RAISE EXCEPTION 'web_socketio_notify: the values are nested more than 100 deep'
            USING ERRCODE = 'program_limit_exceeded', HINT = 'Send the id of a record instead.';
    END IF;
    IF durable THEN
        INSERT INTO @schema@.web_socketio_log AS l (slot, channel, uid, payload)
        VALUES ((SELECT last_value FROM @schema@.web_socketio_slot), channel, user_id, payload)
        RETURNING l.id, l.xid, l.date INTO entry;
        IF defer THEN
            PERFORM set_config('web_socketio.deferred', '1', true);
        ELSIF deferred THEN
            -- What was deferred comes first, so the reader takes all of this transaction in order.
            PERFORM pg_notify('web_socketio', '1:');
        ELSE
            PERFORM @schema@.web_socketio_send(@schema@.web_socketio_sealed(@schema@.web_socketio_body(
                entry.id, entry.xid, entry.date, channel, user_id, payload)));
        END IF;
        RETURN entry.id;
    END IF;
    sealed := @schema@.web_socketio_sealed(@schema@.web_socketio_body(
        NULL, NULL, clock_timestamp(), channel, user_id, payload));
    IF octet_length(convert_to(sealed, 'UTF8')) > 7999 THEN
        RAISE EXCEPTION 'web_socketio_notify: a volatile message takes % bytes; NOTIFY carries 7999',
            octet_length(convert_to(sealed, 'UTF8'))
            USING ERRCODE = 'program_limit_exceeded', HINT = 'Publish it as durable.';
    ELSIF deferred THEN
        PERFORM set_config('web_socketio.deferred', '1', true);
        INSERT INTO @schema@.web_socketio_volatile (sealed) VALUES (sealed);
    ELSE
        PERFORM pg_notify('web_socketio', sealed);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION @schema@.web_socketio_notify(text, jsonb, jsonb) IS 'publishes a message when the transaction commits; returns its id';

-- Sends what a committed transaction deferred. Its rows are read from the log, never from memory.
CREATE FUNCTION @schema@.web_socketio_wake(transaction xid8) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    message text;
    sent integer;
BEGIN
    PERFORM @schema@.web_socketio_send(@schema@.web_socketio_sealed(@schema@.web_socketio_body(
        l.id, l.xid, l.date, l.channel, l.uid, l.payload)))
    FROM (SELECT * FROM @schema@.web_socketio_log AS l
          WHERE l.xid = transaction ORDER BY l.id LIMIT 100) AS l;
    GET DIAGNOSTICS sent = ROW_COUNT;
    IF sent = 100 THEN
        PERFORM pg_notify('web_socketio', '1:');  -- there may be more
    END IF;
    -- Asked first: a DELETE costs more, and most transactions have none.
    IF EXISTS (SELECT 1 FROM @schema@.web_socketio_volatile AS v WHERE v.xid = transaction) THEN
        FOR message IN
            WITH gone AS (DELETE FROM @schema@.web_socketio_volatile AS v WHERE v.xid = transaction RETURNING v.*)
            SELECT sealed FROM gone ORDER BY id
        LOOP
            sent := sent + 1;
            PERFORM pg_notify('web_socketio', message);
        END LOOP;
    END IF;
    RETURN sent;
END
$$;

-- Empties a slot, unless somebody reads or writes it; says whether it did.
CREATE FUNCTION @schema@.web_socketio_empty(number integer) RETURNS boolean
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET lock_timeout = '50ms' AS $$
DECLARE
    newest xid8;
BEGIN
    EXECUTE format('LOCK TABLE @schema@.web_socketio_log_%s IN ACCESS EXCLUSIVE MODE', number);
    EXECUTE format('SELECT xid FROM @schema@.web_socketio_log_%s ORDER BY xid DESC LIMIT 1', number) INTO newest;
    IF newest IS NOT NULL THEN
        UPDATE @schema@.web_socketio_meta SET value = newest::text
        WHERE key = 'trimmed_xid' AND value::numeric < newest::text::numeric;
        EXECUTE format('TRUNCATE @schema@.web_socketio_log_%s', number);
    END IF;
    DELETE FROM @schema@.web_socketio_meta WHERE key = 'closed_' || number;
    RETURN true;
EXCEPTION WHEN lock_not_available THEN
    RETURN false;  -- the next call tries again
END
$$;

-- Drops what is older than the retention or beyond the size; to be called every minute or so, by
-- whomever: one call at a time does it, the others return at once.
CREATE FUNCTION @schema@.web_socketio_trim() RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    retention constant interval := (SELECT value FROM @schema@.web_socketio_meta WHERE key = 'retention');
    max_size constant bigint := (SELECT value FROM @schema@.web_socketio_meta WHERE key = 'max_size');
    slot constant integer := (SELECT last_value FROM @schema@.web_socketio_slot);
    next_slot constant integer := (slot + 1) % 4;
    too_large boolean;
    closed record;
    emptied integer := 0;
BEGIN
    IF NOT pg_try_advisory_xact_lock(1869969266) THEN
        RETURN 0;
    END IF;
    -- Left by transactions that ended without a wake.
    DELETE FROM @schema@.web_socketio_volatile WHERE xid < pg_snapshot_xmin(pg_current_snapshot());
    FOR closed IN SELECT substr(key, 8)::integer AS number, value::timestamptz AS at
                  FROM @schema@.web_socketio_meta WHERE key LIKE 'closed\_%' ORDER BY at LOOP
        too_large := (SELECT sum(pg_total_relation_size(format('@schema@.web_socketio_log_%s', i)::regclass))
                      FROM generate_series(0, 3) AS i) > max_size;
        IF closed.at < clock_timestamp() - retention OR too_large THEN
            emptied := emptied + @schema@.web_socketio_empty(closed.number)::integer;
        END IF;
    END LOOP;
    -- On to the next slot, when it is free and this one holds its share.
    IF EXISTS (SELECT 1 FROM @schema@.web_socketio_meta WHERE key = 'closed_' || next_slot) THEN
        RETURN emptied;
    END IF;
    IF (SELECT value::timestamptz FROM @schema@.web_socketio_meta WHERE key = 'slot_since')
            < clock_timestamp() - retention / 2
        OR pg_total_relation_size(format('@schema@.web_socketio_log_%s', slot)::regclass) > max_size / 4
    THEN
        PERFORM setval('@schema@.web_socketio_slot', next_slot);
        UPDATE @schema@.web_socketio_meta SET value = clock_timestamp()::text WHERE key = 'slot_since';
        INSERT INTO @schema@.web_socketio_meta (key, value) VALUES ('closed_' || slot, clock_timestamp()::text);
    END IF;
    RETURN emptied;
END
$$;
COMMENT ON FUNCTION @schema@.web_socketio_trim() IS 'drops old messages; returns how many slots were emptied';

REVOKE ALL ON FUNCTION
    @schema@.web_socketio_origin(),
    @schema@.web_socketio_body(bigint, xid8, timestamptz, text, integer, jsonb),
    @schema@.web_socketio_sealed(text),
    @schema@.web_socketio_send(text),
    @schema@.web_socketio_epoch(),
    @schema@.web_socketio_new_log(),
    @schema@.web_socketio_renew(),
    @schema@.web_socketio_empty(integer),
    @schema@.web_socketio_trim(),
    @schema@.web_socketio_position(),
    @schema@.web_socketio_notify(text, jsonb, jsonb),
    @schema@.web_socketio_wake(xid8)
FROM PUBLIC;
