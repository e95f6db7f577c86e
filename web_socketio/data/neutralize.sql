-- The pages of a copy look for no server but their own, and what was published before is gone:
-- a new log, so that neither a position nor a message of the original counts in it.
DELETE FROM ir_config_parameter WHERE key = 'web_socketio.url';
SELECT web_socketio_new_log();
TRUNCATE web_socketio_log, web_socketio_volatile;
DO $$
BEGIN
    IF to_regclass('web_socketio_node') IS NOT NULL THEN  -- not before version 2 of the log
        TRUNCATE web_socketio_node, web_socketio_socket, web_socketio_answer;
    END IF;
END
$$;
