// The Socket.IO server of Node.js with its defaults, on a free port, which it prints.
//
// A client's event "publish" with a value becomes the event "news" for everybody.
import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const namespace = new Server(http).of("/bench");
namespace.on("connection", (socket) => {
    socket.on("publish", (value) => namespace.emit("news", value));
    socket.on("probe", (acknowledge) => acknowledge());
});
http.listen(0, "127.0.0.1", 4096, () => console.log(http.address().port));
