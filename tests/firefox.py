"""Headless Firefox over Marionette, its own remote control: no driver needed.

Messages are ``length:[0, number, command, parameters]`` in JSON on a local socket. Everything
that is not on this machine goes to a proxy that is not there, so that nothing can be loaded.
"""

import json
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")


def _free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Firefox:
    """One page of headless Firefox."""

    def __init__(self, *, width=1366, height=900):
        self.profile = Path(tempfile.mkdtemp())
        self.number, self.buffer = 0, b""
        port = _free_port()
        prefs = {
            "marionette.port": port, "network.proxy.type": 1, "network.proxy.http": "127.0.0.1",
            "network.proxy.http_port": 9, "network.proxy.ssl": "127.0.0.1",
            "network.proxy.ssl_port": 9, "datareporting.policy.dataSubmissionEnabled": False,
            "app.update.enabled": False, "browser.shell.checkDefaultBrowser": False,
        }  # fmt: skip
        (self.profile / "user.js").write_text(
            "".join(f'user_pref("{k}", {json.dumps(v)});\n' for k, v in prefs.items()),
            encoding="utf-8",
        )
        self.process = subprocess.Popen(
            [FIREFOX, "--headless", "--marionette", "--no-remote", "--profile", str(self.profile),
             f"--width={width}", f"--height={height}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.socket = self._connected(port)
        self._message()  # Firefox introduces itself
        self.call("WebDriver:NewSession", {})

    def _connected(self, port):
        for _ in range(300):
            try:
                return socket.create_connection(("127.0.0.1", port), timeout=60)
            except OSError:
                time.sleep(0.2)
        raise TimeoutError("Firefox does not answer")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.process.terminate()
        self.process.wait(timeout=30)
        shutil.rmtree(self.profile, ignore_errors=True)

    def _message(self):
        while b":" not in self.buffer:
            self.buffer += self.socket.recv(1 << 16)
        head, self.buffer = self.buffer.split(b":", 1)
        while len(self.buffer) < int(head):
            self.buffer += self.socket.recv(1 << 16)
        text, self.buffer = self.buffer[: int(head)], self.buffer[int(head) :]
        return json.loads(text)

    def call(self, command, parameters):
        self.number += 1
        text = json.dumps([0, self.number, command, parameters])
        self.socket.sendall(f"{len(text.encode())}:{text}".encode())
        _, _, error, answer = self._message()
        assert error is None, error
        return answer

    def open(self, path, fragment=""):
        self.call("WebDriver:Navigate", {"url": Path(path).resolve().as_uri() + fragment})
        for _ in range(200):
            if self.ask("return document.body.dataset.ready === 'yes'"):
                return
            time.sleep(0.1)
        raise TimeoutError("the page does not get ready")

    def ask(self, script):
        """Return what a script returns."""
        return self.call("WebDriver:ExecuteScript", {"script": script, "args": []})["value"]

    def picture(self):
        """Return what is seen, as base64 of a PNG."""
        return self.call("WebDriver:TakeScreenshot", {"full": False})["value"]
