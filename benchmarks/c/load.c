// The load generator: Socket.IO clients over WebSocket, all in one epoll loop.
//
// load PORT NAMESPACE AUTH [WORDS], where %d in AUTH becomes the number of the client; or, with a
// file WORDS, %s becomes the line of that number (round and round). With the target of Odoo's bus
// (/websocket?...) as NAMESPACE, that word is the client's cookie, and AUTH is what it says first.
// Then commands on stdin, each answered by one line on stdout:
//   open N             open N more clients, connected to the namespace
//   churn N            open N clients, each closed as soon as it is connected
//   drop               close all clients
//   expect COUNT MS    wait until COUNT events came since the last reset, at most MS milliseconds
//   reset              forget the events that came, and the probes
//   nap US             sleep so long before each look at the sockets; 0 ends it. A server that
//                      wakes the generator at each send pays for that, unlike one whose clients
//                      are elsewhere
//   say TEXT           client 0 sends a text frame
//   probe RATE         client 0 emits RATE times a second; 0 ends it and tells the times to the ack
//   dump FILE          write "n nanoseconds" of each event that carries a number "n"
#include "frames.h"

#define WINDOW 64       // handshakes on their way at once
#define BUS_WINDOW 4    // the same of Odoo's bus: its pool of cursors does not stand more
#define PER_ADDRESS 400 // clients of one source address 127.x.y.z, below the servers' limits
#define MAX_CLIENTS 65536
#define MAX_EVENTS 4000000

enum { CONNECTING, UPGRADING, OPENING, READY };
struct client {
    int fd, state, kept;
    char *rest;
};
struct receipt {
    uint32_t number;
    int64_t at;
};

static struct client clients[MAX_CLIENTS];
static struct receipt receipts[MAX_EVENTS];
static int64_t probes[MAX_EVENTS], probe_sent[1024];
static int nap, used, opened, wanted, churning, churned, pending, probe_rate, probe_number;
static int port, loop;
static unsigned addresses;
static long events, numbered, probed, expected, broken;
static int64_t deadline, started, next_probe;
static const char *namespace, *auth;
static char (*words)[128];
static int word_count, is_bus;
static char buffer[(1 << 18) + 1];
static enum { IDLE, OPEN, CHURN, EXPECT } busy;

static void say(const char *format, ...) {
    va_list list;
    va_start(list, format);
    vprintf(format, list);
    va_end(list);
    putchar('\n');
    fflush(stdout);
}

static void send_text(struct client *c, const char *text, size_t length) {
    char frame[8192];
    size_t size = put_frame(frame, text, length, 1);
    if (send(c->fd, frame, size, MSG_NOSIGNAL) != (ssize_t)size)
        broken++;
}

static void begin(struct client *c) {
    unsigned address = 0x7f000000 | ((getpid() * 64u + addresses++ / PER_ADDRESS) & 0xffffff);
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int on = 1;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (c->fd < 0 || bind(c->fd, (struct sockaddr *)&from, sizeof from) < 0)
        die("socket");
    without_delay(c->fd);
    if (connect(c->fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS)
        die("connect");
    c->state = CONNECTING;
    c->kept = 0;
    watch(loop, c->fd, c - clients, EPOLLOUT, EPOLL_CTL_ADD);
    pending++;
}

static void end(struct client *c) {
    close(c->fd);
    free(c->rest);
    c->rest = NULL;
    c->fd = -1;
}

static void fill_window(void) {
    while (pending < (is_bus ? BUS_WINDOW : WINDOW) && used < wanted)
        begin(&clients[used++]);
}

static void connected(struct client *c) {
    c->state = READY;
    pending--;
    if (busy == CHURN) {
        end(c);
        churned++;
        if (churned + pending < churning)
            begin(c);
        if (churned == churning)
            say("%.6f", (now_ns() - started) / 1e9), busy = IDLE;
        return;
    }
    opened++;
    fill_window();
    if (opened == wanted && busy == OPEN)
        say("%.6f", (now_ns() - started) / 1e9), busy = IDLE;
}

static const char *word_of(struct client *c) {
    return words[(c - clients) % word_count];
}

static void upgrade(struct client *c) {
    char request[1024], cookie[256] = "";
    if (is_bus)
        snprintf(cookie, sizeof cookie, "Origin: http://127.0.0.1:%d\r\nCookie: session_id=%s\r\n",
                 port, word_of(c));
    int size = snprintf(request, sizeof request,
        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%s"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        is_bus ? namespace : "/socket.io/?EIO=4&transport=websocket", port, cookie);
    if (send(c->fd, request, size, MSG_NOSIGNAL) != size)
        die("send");
    c->state = UPGRADING;
    watch(loop, c->fd, c - clients, EPOLLIN, EPOLL_CTL_MOD);
}

static void event(struct client *c, const char *p, size_t length) {
    size_t head = 3 + strlen(namespace); // "42/namespace,"
    const char *body = p + head;
    if (*body != '[') { // an acknowledgement is wanted
        char text[128];
        int digits = strspn(body, "0123456789");
        send_text(c, text, sprintf(text, "43%.60s,%.*s[]", namespace, digits & 31, body));
        body += digits;
    }
    if (!strncmp(body, "[\"web_socketio:", 15))
        return;
    events++;
    const char *number = memmem(p, length, "\"n\":", 4);
    if (number && numbered < MAX_EVENTS)
        receipts[numbered++] = (struct receipt){strtoul(number + 4, NULL, 10), now_ns()};
}

static void text(struct client *c, char *p, size_t length) {
    char out[1024];
    size_t known = strlen(namespace);
    if (p[0] == '2') {
        send_text(c, "3", 1);
    } else if (p[0] == '0') {
        int size = sprintf(out, "40%.60s,", namespace);
        if (words)
            size += snprintf(out + size, 900, auth, word_of(c));
        else
            size += snprintf(out + size, 900, auth, (int)(c - clients));
        send_text(c, out, size);
    } else if (length > known + 3 && !memcmp(p + 2, namespace, known)) {
        if (p[1] == '2')
            event(c, p, length);
        else if (p[1] == '0' && c->state == OPENING)
            connected(c);
        else if (p[1] == '3' && probed < MAX_EVENTS)
            probes[probed++] = now_ns() - probe_sent[strtol(p + known + 3, NULL, 10) & 1023];
        else if (p[1] == '4')
            fprintf(stderr, "refused: %.*s\n", (int)length, p), exit(1);
    }
}

// A text of Odoo's bus: a list of notifications.
static void notifications(const char *p, size_t length) {
    const char *end = p + length;
    while ((p = memmem(p, end - p, "\"news\"", 6))) {
        events++;
        p += 6;
    }
}

static int is_upgraded(struct client *c, char *data, ssize_t size, ssize_t *used_up) {
    char *head_end = memmem(data, size, "\r\n\r\n", 4);
    if (!head_end)
        return 0;
    if (strncmp(data, "HTTP/1.1 101", 12))
        fprintf(stderr, "no upgrade: %.*s\n", (int)size, data), exit(1);
    *used_up = head_end + 4 - data;
    c->state = OPENING;
    if (is_bus) {
        send_text(c, auth, strlen(auth));
        connected(c);
    }
    return 1;
}

static void readable(struct client *c) {
    if (c->kept)
        memcpy(buffer, c->rest, c->kept);
    ssize_t size = recv(c->fd, buffer + c->kept, sizeof buffer - 1 - c->kept, 0);
    if (size <= 0) {
        fprintf(stderr, "a server ended a connection\n");
        exit(1);
    }
    size += c->kept;
    ssize_t at = 0;
    c->kept = 0;
    if (c->state != UPGRADING || is_upgraded(c, buffer, size, &at)) {
        char *payload;
        size_t length, step;
        int opcode;
        while (c->fd >= 0 && (step = get_frame(buffer + at, size - at, &opcode, &payload, &length))) {
            if (opcode == 1) {
                char after = payload[length]; // strtoul and strspn stop there
                payload[length] = 0;
                is_bus ? notifications(payload, length) : text(c, payload, length);
                payload[length] = after;
            }
            at += step;
        }
    }
    if (c->fd >= 0 && at < size) {
        c->kept = size - at;
        c->rest = realloc(c->rest, sizeof buffer);
        memcpy(c->rest, buffer + at, c->kept);
    } else if (c->rest) {
        free(c->rest);
        c->rest = NULL;
    }
}

static int by_time(const void *one, const void *other) {
    int64_t a = *(const int64_t *)one, b = *(const int64_t *)other;
    return (a > b) - (a < b);
}

static void tell_probes(void) {
    qsort(probes, probed, sizeof *probes, by_time);
    if (!probed)
        say("0 0 0 0");
    else
        say("%ld %.3f %.3f %.3f", probed, probes[probed / 2] / 1e6,
            probes[probed * 99 / 100] / 1e6, probes[probed - 1] / 1e6);
}

static void dump(const char *path) {
    FILE *file = fopen(path, "w");
    if (!file)
        die(path);
    for (long i = 0; i < numbered; i++)
        fprintf(file, "%u %lld\n", receipts[i].number, (long long)receipts[i].at);
    fclose(file);
    say("%ld", numbered);
}

static double cpu_seconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
           (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void command(char *line) {
    long a = 0, b = 0;
    started = now_ns();
    sscanf(line, "%*s %ld %ld", &a, &b);
    if (!strncmp(line, "open", 4)) {
        busy = OPEN;
        wanted += a;
        fill_window();
    } else if (!strncmp(line, "churn", 5)) {
        busy = CHURN;
        churning = a;
        churned = 0;
        for (int i = 0; i < WINDOW && i < a; i++)
            begin(&clients[used + i]);
    } else if (!strncmp(line, "drop", 4)) {
        while (used)
            end(&clients[--used]);
        opened = wanted = 0;
        say("done");
    } else if (!strncmp(line, "expect", 6)) {
        busy = EXPECT;
        expected = a;
        deadline = started + b * 1000000;
    } else if (!strncmp(line, "reset", 5)) {
        events = numbered = probed = broken = 0;
        say("done");
    } else if (!strncmp(line, "nap", 3)) {
        nap = a;
        say("done");
    } else if (!strncmp(line, "say", 3)) {
        send_text(&clients[0], line + 4, strlen(line + 4));
        say("done");
    } else if (!strncmp(line, "probe", 5)) {
        probe_rate = a;
        next_probe = started;
        a ? say("done") : tell_probes();
    } else if (!strncmp(line, "dump", 4)) {
        dump(line + 5);
    }
}

static void on_time(void) {
    int64_t now = now_ns();
    if (busy == EXPECT && (events >= expected || now > deadline)) {
        busy = IDLE;
        say("%ld %.6f", events, cpu_seconds());
    }
    if (probe_rate && now >= next_probe) {
        char out[256];
        probe_sent[++probe_number & 1023] = now;
        send_text(&clients[0], out,
                  sprintf(out, "42%s,%d[\"probe\"]", namespace, probe_number));
        next_probe += 1000000000LL / probe_rate;
    }
}

static int pause_ms(void) {
    if (probe_rate)
        return 1;
    return busy == EXPECT ? 20 : -1;
}

static void from_stdin(void) {
    static char line[8192];
    static size_t filled;
    ssize_t size = read(0, line + filled, sizeof line - filled - 1);
    if (size <= 0)
        exit(0);
    filled += size;
    line[filled] = 0;
    for (char *end; (end = strchr(line, '\n')); memmove(line, end + 1, filled + 1)) {
        *end = 0;
        filled -= end + 1 - line;
        command(line);
    }
}

static void read_words(const char *path) {
    FILE *file = fopen(path, "r");
    if (!file)
        die(path);
    words = calloc(MAX_CLIENTS, sizeof *words);
    while (word_count < MAX_CLIENTS && fscanf(file, "%127s", words[word_count]) == 1)
        word_count++;
    fclose(file);
    if (!word_count)
        die(path);
}

int main(int count, char **arguments) {
    if (count < 4 || count > 5)
        return 2;
    if (count == 5)
        read_words(arguments[4]);
    port = atoi(arguments[1]);
    namespace = arguments[2];
    auth = arguments[3];
    is_bus = !strncmp(namespace, "/websocket?", 11);
    loop = epoll_create1(0);
    watch(loop, 0, MAX_CLIENTS, EPOLLIN, EPOLL_CTL_ADD);
    for (;;) {
        struct epoll_event ready[512];
        if (nap)
            usleep(nap);
        int many = epoll_wait(loop, ready, 512, nap ? 0 : pause_ms());
        for (int i = 0; i < many; i++) {
            struct client *c = &clients[ready[i].data.u64];
            if (ready[i].data.u64 == MAX_CLIENTS)
                from_stdin();
            else if (c->fd < 0)
                continue;
            else if (c->state == CONNECTING)
                upgrade(c);
            else
                readable(c);
        }
        on_time();
    }
}
