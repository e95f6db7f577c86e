// The limit: a server that does nothing but LISTEN and send(2). It answers just enough of the
// protocols for the load generator to connect.
//
// limit NAMESPACE CONNINFO; prints its port. The content of NOTIFY limit is "INDEX JSON", for one
// client in the order of connecting, or "* JSON", for all.
#include <libpq-fe.h>

#include "frames.h"

#define MAX_CLIENTS 65536
#define OPENING "0{\"sid\":\"x\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":20000," \
                "\"maxPayload\":1000000}"
#define ACCEPTED "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n" \
                 "Connection: Upgrade\r\n\r\n"

static int clients[MAX_CLIENTS], used, loop;
static char buffer[65536], out[65536];
static const char *namespace;

static void send_all(int fd, const char *data, size_t size) {
    if (send(fd, data, size, MSG_NOSIGNAL) != (ssize_t)size)
        die("send"); // the load generator reads faster than this
}

static void send_text(int fd, const char *text, size_t length) {
    send_all(fd, out, put_frame(out, text, length, 0));
}

static void readable(int fd) {
    char answer[256];
    ssize_t size = recv(fd, buffer, sizeof buffer, 0);
    if (size <= 0) {
        close(fd);
        return;
    }
    if (!memcmp(buffer, "GET ", 4)) {
        send_all(fd, ACCEPTED, strlen(ACCEPTED));
        send_text(fd, OPENING, strlen(OPENING));
        return;
    }
    char *payload;
    size_t length;
    int opcode;
    if (get_frame(buffer, size, &opcode, &payload, &length) && !memcmp(payload, "40", 2)) {
        clients[used++] = fd;
        send_text(fd, answer, sprintf(answer, "40%.60s,{\"sid\":\"x\"}", namespace));
    }
}

static void notified(const char *content) {
    static char text[8192], frame[8192];
    const char *json = strchr(content, ' ') + 1;
    int length = sprintf(text, "42%.60s,[\"news\",%.8000s]", namespace, json);
    size_t size = put_frame(frame, text, length, 0);
    if (*content != '*')
        send_all(clients[atoi(content)], frame, size);
    else
        for (int i = 0; i < used; i++)
            send_all(clients[i], frame, size);
}

static void hear(PGconn *database) {
    PGnotify *notify;
    if (!PQconsumeInput(database))
        die("PQconsumeInput");
    while ((notify = PQnotifies(database))) {
        notified(notify->extra);
        PQfreemem(notify);
    }
}

static int listening(void) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (bind(fd, (struct sockaddr *)&address, size) < 0 || listen(fd, 4096) < 0)
        die("listen");
    getsockname(fd, (struct sockaddr *)&address, &size);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

int main(int count, char **arguments) {
    if (count != 3)
        return 2;
    namespace = arguments[1];
    PGconn *database = PQconnectdb(arguments[2]);
    PGresult *result = PQexec(database, "LISTEN \"limit\"");
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        die(PQerrorMessage(database));
    int acceptor = listening();
    loop = epoll_create1(0);
    watch(loop, acceptor, acceptor, EPOLLIN, EPOLL_CTL_ADD);
    watch(loop, PQsocket(database), PQsocket(database), EPOLLIN, EPOLL_CTL_ADD);
    for (;;) {
        struct epoll_event ready[512];
        int many = epoll_wait(loop, ready, 512, -1);
        for (int i = 0; i < many; i++) {
            int fd = ready[i].data.u64;
            if (fd == PQsocket(database)) {
                hear(database);
            } else if (fd == acceptor) {
                for (int new; (new = accept4(acceptor, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
                    without_delay(new);
                    watch(loop, new, new, EPOLLIN, EPOLL_CTL_ADD);
                }
            } else {
                readable(fd);
            }
        }
    }
}
