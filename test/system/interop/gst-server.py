#!/usr/bin/python3
"""GStreamer's RTSP server, with cameras that send a known number of frames and ask for a password (digest).

Usage: gst-server.py CONFIG
CONFIG is JSON: {"user": …, "password": …, "certificate": PEM or null, "mounts": {"/name": PIPELINE}}. A pipeline goes
from sources to payloaders named pay0 (picture) and pay1 (sound). A mount serves one client, once, so that what it sent is known: packets are
counted behind everything that may still drop them. Prints a line of JSON for each thing that happens; ends with its standard input.
"""

import json
import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

ROLE = "viewer"
STDOUT_LOCK = threading.Lock()


def say(**event):
    # Pads are probed in threads of their own: each line in one piece.
    with STDOUT_LOCK:
        print(json.dumps(event), flush=True)


class CountingFactory(GstRtspServer.RTSPMediaFactory):
    """Counts what its media sends: one frame for each RTP timestamp."""

    def __init__(self, mount, pipeline):
        super().__init__()
        self.mount = mount
        self.pipeline = pipeline
        permissions = GstRtspServer.RTSPPermissions()
        for permission in ("media.factory.access", "media.factory.construct"):
            permissions.add_permission_for_role(ROLE, permission, True)
        self.set_permissions(permissions)

    def do_create_element(self, _url):
        return Gst.parse_launch(f"( {self.pipeline} )")

    def do_configure(self, media):
        media.connect("prepared", self.count_frames)

    def count_frames(self, media):
        """Behind everything that may still drop: what leaves here is written to the client."""
        pipeline = media.get_element().get_parent()
        for rtpbin in pipeline.children:
            if rtpbin.get_factory().get_name() == "rtpbin":
                for index, kind in ((0, "video"), (1, "audio")):
                    pad = rtpbin.get_static_pad(f"send_rtp_src_{index}")
                    if pad is not None:
                        self.count_on(pad, kind)

    def count_on(self, pad, kind):
        times = set()

        def note(buffer):
            times.add(buffer.extract_dup(4, 4))  # RTP timestamp: one for each frame

        def add(_pad, info):
            note(info.get_buffer())
            return Gst.PadProbeReturn.OK

        def add_list(_pad, info):
            buffers = info.get_buffer_list()
            for i in range(buffers.length()):
                note(buffers.get(i))
            return Gst.PadProbeReturn.OK

        def watch(_pad, info):
            if info.get_event().type == Gst.EventType.EOS:
                say(event="end", mount=self.mount, kind=kind, frames=len(times))
            return Gst.PadProbeReturn.OK

        pad.add_probe(Gst.PadProbeType.BUFFER, add)
        pad.add_probe(Gst.PadProbeType.BUFFER_LIST, add_list)
        pad.add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM, watch)


def authentication(config):
    auth = GstRtspServer.RTSPAuth()
    auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", ROLE)
    auth.add_digest(config["user"], config["password"], token)
    if config["certificate"] is not None:
        auth.set_tls_certificate(Gio.TlsCertificate.new_from_pem(config["certificate"], -1))
    return auth


def main():
    config = json.loads(sys.argv[1])
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service("0")
    server.set_auth(authentication(config))
    mounts = server.get_mount_points()
    for mount, pipeline in config["mounts"].items():
        mounts.add_factory(mount, CountingFactory(mount, pipeline))

    def note_client(_server, client):
        # Once a mount is played nobody else finds it: a recorder that comes again must not begin the count anew.
        def note_play(_client, context):
            path = context.uri.abspath
            for mount in config["mounts"]:
                if path.startswith(mount):
                    say(event="play", mount=mount)
                    mounts.remove_factory(mount)

        client.connect("play-request", note_play)

    server.connect("client-connected", note_client)
    server.attach(None)
    say(event="listening", port=server.get_bound_port())
    loop = GLib.MainLoop()
    threading.Thread(target=lambda: (sys.stdin.read(), loop.quit()), daemon=True).start()
    loop.run()


main()
