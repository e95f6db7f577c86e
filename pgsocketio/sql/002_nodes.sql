-- Server processes, their clients, and what they answer to commands. Nothing here touches the log:
-- publishers and servers of version 1 go on while it is installed. Unlogged, because each server
-- writes it all again within seconds.

CREATE UNLOGGED TABLE @schema@.web_socketio_node (
    id bigint GENERATED ALWAYS AS IDENTITY,
    node text PRIMARY KEY,
    host text NOT NULL,
    pid integer NOT NULL,
    address text,
    version text NOT NULL,
    since timestamptz NOT NULL,
    heartbeat timestamptz NOT NULL,
    state text NOT NULL,
    health jsonb NOT NULL,
    connections integer NOT NULL,
    sockets integer NOT NULL
);
COMMENT ON TABLE @schema@.web_socketio_node IS 'oe.web.socketio: server processes that serve this database';

CREATE UNLOGGED TABLE @schema@.web_socketio_socket (
    id bigint GENERATED ALWAYS AS IDENTITY,
    node text NOT NULL,
    sid text NOT NULL,
    "user" text,
    namespace text NOT NULL,
    address text,
    since timestamptz NOT NULL,
    queue integer NOT NULL,
    unsent integer NOT NULL,
    PRIMARY KEY (node, sid)
);
COMMENT ON TABLE @schema@.web_socketio_socket IS 'oe.web.socketio: clients, as of a few seconds ago';

CREATE UNLOGGED TABLE @schema@.web_socketio_answer (
    command text NOT NULL,
    node text NOT NULL,
    date timestamptz NOT NULL DEFAULT clock_timestamp(),
    result jsonb NOT NULL,
    PRIMARY KEY (command, node)
);
COMMENT ON TABLE @schema@.web_socketio_answer IS 'oe.web.socketio: what server processes answer to commands';

INSERT INTO @schema@.web_socketio_meta (key, value) VALUES ('max_sockets', '10000');

-- After so long a silence a process is gone.
CREATE FUNCTION @schema@.web_socketio_silence() RETURNS interval
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$ SELECT interval '30 seconds' $$;

-- Removes what processes left behind that ended without a word; each process does it, and cron.
-- The row of such a process stays ten minutes more, for those who wonder where it is.
CREATE FUNCTION @schema@.web_socketio_sweep() RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    swept integer;
BEGIN
    DELETE FROM @schema@.web_socketio_socket AS s WHERE NOT EXISTS (
        SELECT 1 FROM @schema@.web_socketio_node AS n
        WHERE n.node = s.node AND n.heartbeat > clock_timestamp() - @schema@.web_socketio_silence());
    GET DIAGNOSTICS swept = ROW_COUNT;
    DELETE FROM @schema@.web_socketio_node
        WHERE heartbeat < clock_timestamp() - @schema@.web_socketio_silence() - interval '10 minutes';
    DELETE FROM @schema@.web_socketio_answer WHERE date < clock_timestamp() - interval '10 minutes';
    RETURN swept;
END
$$;
COMMENT ON FUNCTION @schema@.web_socketio_sweep() IS 'removes the clients of server processes that are gone; returns how many';

-- A process is alive. Answers how many clients it may list, and whether the list that it wrote
-- earlier is still there.
CREATE FUNCTION @schema@.web_socketio_beat(node_id text, about jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    now constant timestamptz := clock_timestamp();
    before timestamptz;
BEGIN
    SELECT n.heartbeat INTO before FROM @schema@.web_socketio_node AS n WHERE n.node = node_id FOR UPDATE;
    INSERT INTO @schema@.web_socketio_node AS n (node, host, pid, address, version, since, heartbeat, state,
                                        health, connections, sockets)
    SELECT node_id, s.host, s.pid, s.address, s.version, now - s.age * interval '1 second', now,
           s.state, s.health, s.connections, s.sockets
    FROM jsonb_to_record(about) AS s(host text, pid integer, address text, version text,
        age float8, state text, health jsonb, connections integer, sockets integer)
    ON CONFLICT (node) DO UPDATE SET
        address = excluded.address, heartbeat = now, state = excluded.state,
        health = excluded.health, connections = excluded.connections, sockets = excluded.sockets;
    PERFORM @schema@.web_socketio_sweep();
    RETURN jsonb_build_object(
        'listed', coalesce(before > now - @schema@.web_socketio_silence(), false),
        'max_sockets', (SELECT value::integer FROM @schema@.web_socketio_meta WHERE key = 'max_sockets'));
END
$$;

-- What changed among the clients of a process: all of them anew, or those that came, changed, left.
CREATE FUNCTION @schema@.web_socketio_list(
    node_id text, anew boolean, present jsonb, absent text[]
) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM @schema@.web_socketio_socket AS s WHERE s.node = node_id AND (anew OR s.sid = ANY (absent));
    UPDATE @schema@.web_socketio_socket AS s SET queue = p.queue, unsent = p.unsent
    FROM jsonb_to_recordset(present) AS p(sid text, queue integer, unsent integer)
    WHERE s.node = node_id AND s.sid = p.sid;
    INSERT INTO @schema@.web_socketio_socket AS s
        (node, sid, "user", namespace, address, since, queue, unsent)
    SELECT node_id, p.sid, p."user", p.namespace, p.address,
           clock_timestamp() - p.age * interval '1 second', p.queue, p.unsent
    FROM jsonb_to_recordset(present) AS p(sid text, "user" text, namespace text, address text,
        age float8, queue integer, unsent integer)
    WHERE p.namespace IS NOT NULL
    ON CONFLICT (node, sid) DO NOTHING;
END
$$;

-- A process ends in order.
CREATE FUNCTION @schema@.web_socketio_leave(node_id text) RETURNS void
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM @schema@.web_socketio_socket WHERE node = node_id;
    DELETE FROM @schema@.web_socketio_node WHERE node = node_id;
$$;

-- Settings: retention (an interval), max_size (bytes of the log), max_sockets (listed per process).
CREATE FUNCTION @schema@.web_socketio_configure(settings jsonb DEFAULT '{}') RETURNS jsonb
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    names constant text[] := ARRAY['retention', 'max_size', 'max_sockets'];
    setting record;
BEGIN
    FOR setting IN SELECT key, value FROM jsonb_each_text(settings) LOOP
        CASE setting.key
        WHEN 'retention' THEN
            IF setting.value::interval NOT BETWEEN interval '1 second' AND interval '10 years' THEN
                RAISE EXCEPTION 'retention: messages are kept for one second to ten years, not %',
                    setting.value USING ERRCODE = 'invalid_parameter_value';
            END IF;
        WHEN 'max_size' THEN
            IF setting.value::bigint < 1048576 THEN
                RAISE EXCEPTION 'max_size: the log takes one MiB at least, not % bytes',
                    setting.value USING ERRCODE = 'invalid_parameter_value';
            END IF;
        WHEN 'max_sockets' THEN
            IF setting.value::integer NOT BETWEEN 0 AND 1000000 THEN
                RAISE EXCEPTION 'max_sockets: a server lists 0 to 1,000,000 clients, not %',
                    setting.value USING ERRCODE = 'invalid_parameter_value';
            END IF;
        ELSE
            RAISE EXCEPTION 'there is no setting %; there are %', quote_literal(setting.key),
                array_to_string(names, ', ') USING ERRCODE = 'invalid_parameter_value';
        END CASE;
        UPDATE @schema@.web_socketio_meta SET value = setting.value
            WHERE key = setting.key AND value <> setting.value;
    END LOOP;
    RETURN (SELECT jsonb_object_agg(key, value) FROM @schema@.web_socketio_meta WHERE key = ANY (names));
END
$$;
COMMENT ON FUNCTION @schema@.web_socketio_configure(jsonb) IS 'changes settings of the message log; returns them all';

REVOKE ALL ON FUNCTION
    @schema@.web_socketio_silence(),
    @schema@.web_socketio_sweep(),
    @schema@.web_socketio_beat(text, jsonb),
    @schema@.web_socketio_list(text, boolean, jsonb, text[]),
    @schema@.web_socketio_leave(text),
    @schema@.web_socketio_configure(jsonb)
FROM PUBLIC;
