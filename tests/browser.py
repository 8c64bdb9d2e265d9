"""Headless Chromium over its own pipe: no driver, no socket, and no network.

Chromium speaks JSON over file descriptors 3 and 4, a zero byte after each
message; that is all that is needed to open a page and to ask it questions.
"""

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

CHROMIUM = next(
    (
        path
        for name in ("chromium", "chromium-browser", "google-chrome")
        if (path := shutil.which(name))
    ),
    None,
)


KEYS = {
    "Enter": 13, "Tab": 9, "Escape": 27, "Home": 36, "End": 35, " ": 32, "ArrowLeft": 37,
    "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40,
}  # fmt: skip


def _cut_off():
    """Words before the command that take the network away, where the user may do so."""
    able = os.geteuid() == 0 and shutil.which("unshare")
    if (
        able
        and subprocess.run(["unshare", "-n", "true"], check=False, capture_output=True).returncode
        == 0
    ):
        return ["unshare", "-n"]
    return []


class Browser:
    """One page of headless Chromium; everything that it requests or complains of is kept."""

    def __init__(self, *, width=1366, height=900, dark=False):
        self.requests, self.complaints, self.number = [], [], 0
        self.profile = tempfile.mkdtemp()
        to_read, self.to_write = os.pipe()
        self.from_read, to_answer = os.pipe()

        def hand_over():
            # Via high numbers: the pipes may themselves be 3 and 4.
            a, b = os.dup(to_read), os.dup(to_answer)
            a, b = os.dup2(a, 60), os.dup2(b, 61)
            os.dup2(a, 3)
            os.dup2(b, 4)

        self.process = subprocess.Popen(
            [*_cut_off(), CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu",
             "--remote-debugging-pipe", "--host-resolver-rules=MAP * ~NOTFOUND",
             "--disable-background-networking", "--no-first-run", "--hide-scrollbars",
             f"--user-data-dir={self.profile}", "about:blank"],
            preexec_fn=hand_over, close_fds=False,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(to_read)
        os.close(to_answer)
        self.buffer, self.session = b"", None
        targets = self.call("Target.getTargets")["targetInfos"]
        page = next(target["targetId"] for target in targets if target["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.size(width, height)
        if dark:
            self.call(
                "Emulation.setEmulatedMedia",
                features=[{"name": "prefers-color-scheme", "value": "dark"}],
            )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=10)
        os.close(self.to_write)
        os.close(self.from_read)
        shutil.rmtree(self.profile, ignore_errors=True)

    def size(self, width, height, *, mobile=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=mobile)  # fmt: skip
        if mobile:
            self.call("Emulation.setTouchEmulationEnabled", enabled=True)

    def _message(self):
        while b"\0" not in self.buffer:
            part = os.read(self.from_read, 1 << 20)
            if not part:
                raise EOFError("Chromium ended")
            self.buffer += part
        text, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to_write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._message()
            if answer.get("id") == self.number:
                assert "error" not in answer, answer
                return answer["result"]
            self._note(answer)

    def _note(self, event):
        kind, params = event["method"], event.get("params", {})
        if kind == "Network.requestWillBeSent":
            url = params["request"]["url"]
            page = url.startswith("file:") and params.get("type") == "Document"
            if not page and not url.startswith(("data:", "blob:", "about:")):
                self.requests.append(url)
        elif kind == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.complaints.append(
                details.get("exception", {}).get("description") or details["text"]
            )
        elif kind == "Runtime.consoleAPICalled" and params["type"] in (
            "error",
            "warning",
            "assert",
        ):
            self.complaints.append(str(params["args"]))
        elif kind == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.complaints.append(params["entry"]["text"])

    def open(self, path, fragment=""):
        self.call("Page.navigate", url="about:blank")  # a change of fragment alone loads nothing
        self.call("Page.navigate", url=Path(path).resolve().as_uri() + fragment)
        for _ in range(200):
            # The report page says when its parts, drawn one after another, are there.
            if self.ask(
                "document.readyState === 'complete' && (!document.getElementById('data')"
                " || document.body.dataset.ready === 'yes')"
            ):
                break
            time.sleep(0.05)
        self.settle()

    def settle(self, seconds=0.12):
        self.ask(f"new Promise(done => setTimeout(done, {1000 * seconds}))")

    def ask(self, expression):
        """Return the value of a JavaScript expression (a promise's, once it is there)."""
        answer = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def press_key(self, key, *, text=""):
        """Press a key as a keyboard does: ``"Tab"``, ``"Enter"``, ``"a"`` …."""
        code = KEYS.get(key)
        text = text or {"Enter": "\r", " ": " "}.get(key, key if len(key) == 1 else "")
        more = {"windowsVirtualKeyCode": code or ord(key.upper()), "key": key}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **more)
        self.call("Input.dispatchKeyEvent", type="keyUp", **more)

    def picture(self, path, *, whole=False):
        data = self.call("Page.captureScreenshot", captureBeyondViewport=whole)["data"]
        Path(path).write_bytes(base64.b64decode(data))

    def paper(self, path):
        data = self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)["data"]
        Path(path).write_bytes(base64.b64decode(data))
