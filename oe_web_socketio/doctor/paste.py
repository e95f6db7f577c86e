"""Lines for the configuration of proxies, as docs/conf has them. Pure."""

from __future__ import annotations

from collections.abc import Mapping

UPGRADE: Mapping[str, str] = {
    "nginx, in http { }": """\
map $http_upgrade $connection_upgrade {
    default upgrade;
    ''      close;
}""",
    "nginx, in server { } or location": """\
proxy_http_version 1.1;
proxy_set_header Upgrade $http_upgrade;
proxy_set_header Connection $connection_upgrade;""",
    "Apache 2.4.47 or newer": """\
ProxyPass /socket.io/ http://127.0.0.1:8068/socket.io/ upgrade=websocket timeout=90""",
}

HEADERS: Mapping[str, str] = {
    "nginx, in server { } or location": """\
proxy_set_header Host $http_host;
proxy_set_header X-Forwarded-For $remote_addr;
proxy_set_header X-Forwarded-Host $http_host;
proxy_set_header X-Forwarded-Proto $scheme;""",
    "Apache, in <VirtualHost>": """\
ProxyPreserveHost On
RequestHeader unset X-Forwarded-For early
RequestHeader unset X-Forwarded-Host early
RequestHeader set X-Forwarded-Proto expr=%{REQUEST_SCHEME}""",
}

TIMEOUT: Mapping[str, str] = {
    "nginx, in location /socket.io/": """\
proxy_read_timeout 90s;""",
    "Apache": """\
ProxyPass /socket.io/ http://127.0.0.1:8068/socket.io/ upgrade=websocket timeout=90""",
}

BUFFERING: Mapping[str, str] = {
    "nginx, in location /socket.io/": """\
proxy_buffering off;""",
}

STICKY: Mapping[str, str] = {
    "nginx, in http { }": """\
upstream realtime {
    ip_hash;
    server 127.0.0.1:8068;
    server 127.0.0.1:8078;
}""",
    "Apache": """\
Header add Set-Cookie "realtime=.%{BALANCER_WORKER_ROUTE}e; Path=/socket.io/; Secure; HttpOnly; \
SameSite=Lax" env=BALANCER_ROUTE_CHANGED
<Proxy balancer://realtime>
    BalancerMember http://127.0.0.1:8068 route=1 upgrade=websocket timeout=90
    BalancerMember http://127.0.0.1:8078 route=2 upgrade=websocket timeout=90
    ProxySet lbmethod=bybusyness stickysession=realtime
</Proxy>
ProxyPass /socket.io/ balancer://realtime/socket.io/""",
}

_ROUTE: Mapping[str, str] = {
    "nginx, in http { }": UPGRADE["nginx, in http { }"],
    "nginx, in server { }": """\
location /socket.io/ {
    proxy_pass http://127.0.0.1:8068;
    proxy_http_version 1.1;
    proxy_set_header Host $http_host;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $connection_upgrade;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Host $http_host;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_read_timeout 90s;
    proxy_buffering off;
}""",
    "Apache, in <VirtualHost>, before ProxyPass /": f"""\
{HEADERS["Apache, in <VirtualHost>"]}
ProxyPass /socket.io/ http://127.0.0.1:8068/socket.io/ upgrade=websocket timeout=90""",
}


def route(server: str = "http://127.0.0.1:8068") -> Mapping[str, str]:
    """All that leads to a server, complete.

    :param server: its address.
    """
    return {where: text.replace("http://127.0.0.1:8068", server) for where, text in _ROUTE.items()}
