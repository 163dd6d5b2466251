"""The upload host: takes files by stream, Base64 or URL, serves them, and lets them expire."""

import asyncio
import base64
import binascii
import hashlib
import json
import mimetypes
import secrets
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from tasks.simulator import files
from tasks.simulator.accounts import Account, Accounts
from tasks.simulator.ledger import Ledger
from tasks.simulator.multipart import parts
from tasks.simulator.outside import Outside, Unreachable
from tasks.simulator.records import StoredFile
from tasks.simulator.replies import Refused, as_json
from tasks.simulator.wire import Request, Response

PREFIX = "/files/"


class Pictures:
    """Bytes under their sha256, and the paths they were uploaded to."""

    def __init__(self, folder: Path, ledger: Ledger, seconds: float) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._ledger = ledger
        self._seconds = seconds
        self._files = ledger.files()

    async def keep(self, content: bytes) -> Path:
        return await asyncio.to_thread(self._keep, content)

    def _keep(self, content: bytes) -> Path:
        path = self._folder / hashlib.sha256(content).hexdigest()
        if not path.exists():
            part = path.with_suffix(f".{secrets.token_hex(4)}")
            part.write_bytes(content)
            part.replace(path)
        return path

    async def add(self, path: str, content: bytes, mime: str) -> StoredFile:
        kept = await self.keep(content)
        file = StoredFile(path, kept.name, len(content), mime, time.time())
        self._files[path] = file
        self._ledger.record_file(file)
        return file

    def find(self, path: str) -> StoredFile | None:
        """None when it was never uploaded, or has expired."""
        file = self._files.get(path)
        if file is None or time.time() > file.uploaded_at + self._seconds:
            return None
        return file

    def where(self, file: StoredFile) -> Path:
        return self._folder / file.sha256


class Uploads:
    def __init__(
        self, pictures: Pictures, accounts: Accounts, outside: Outside, base: str
    ) -> None:
        self._pictures = pictures
        self._accounts = accounts
        self._outside = outside
        self._base = base

    async def stream(self, request: Request) -> Response:
        account = self._account(request)
        fields = parts(request.headers.get("content-type", ""), request.body)
        if "file" not in fields:
            raise BadUpload("Missing required parameter: file")
        file = fields["file"]
        texts = {
            name: part.content.decode()
            for name, part in fields.items()
            if name != "file"
        }
        texts.setdefault("fileName", file.filename)
        return await self._store(account, texts, file.content, file.mime)

    async def base64(self, request: Request) -> Response:
        account = self._account(request)
        fields = _json(request)
        mime, _, text = _text(fields, "base64Data").rpartition(",")
        try:
            content = base64.b64decode(text, validate=True)
        except binascii.Error as e:
            raise BadUpload(f"Base64 decoding failed: {e}") from e
        mime = mime.removeprefix("data:").partition(";")[0]
        return await self._store(account, fields, content, mime)

    async def url(self, request: Request) -> Response:
        account = self._account(request)
        fields = _json(request)
        url = _text(fields, "fileUrl")
        try:
            content = await self._outside.fetch(url)
        except Unreachable as e:
            raise BadUpload(f"Failed to download file: {e}") from e
        fields.setdefault("fileName", urlsplit(url).path.rpartition("/")[2])
        return await self._store(account, fields, content, "")

    async def _store(
        self, account: Account, fields: dict[str, Any], content: bytes, mime: str
    ) -> Response:
        folder = _text(fields, "uploadPath").strip("/")
        name = str(fields.get("fileName") or secrets.token_hex(8)).replace("/", "_")
        mime = mime or mimetypes.guess_type(name)[0] or "application/octet-stream"
        number = int(hashlib.sha256(account.name.encode()).hexdigest()[:4], 16)
        path = f"kieai/{number}/{folder}/{name}"
        file = await self._pictures.add(path, content, mime)
        return as_json(
            {
                "success": True,
                "code": 200,
                "msg": "File uploaded successfully",
                "data": {
                    "fileName": name,
                    "filePath": path,
                    "downloadUrl": f"{self._base}{PREFIX}{quote(path)}",
                    "fileSize": file.size,
                    "mimeType": mime,
                    "uploadedAt": _iso(file.uploaded_at),
                },
            }
        )

    def _account(self, request: Request) -> Account:
        try:
            return self._accounts.of(request.headers.get("authorization", ""))
        except Refused as e:
            raise BadUpload("Authentication failed: Invalid API Key", 401) from e

    def find(self, url: str) -> Path | None:
        """Where the picture behind one of our own addresses lies; None when it is not there any more."""
        path = unquote(urlsplit(url).path).removeprefix(PREFIX)
        file = self._pictures.find(path)
        return self._pictures.where(file) if file else None

    def serve(self, request: Request) -> Response:
        file = self._pictures.find(request.path.removeprefix(PREFIX))
        if file is None:
            return Response(404, b"Not found", "text/plain")
        return files.serve(request, self._pictures.where(file).read_bytes(), file.mime)


class BadUpload(Refused):
    """Refused in the upload host's own dress."""

    def __init__(self, msg: str, code: int = 400) -> None:
        super().__init__(code, msg, http=code)

    def response(self) -> Response:
        body = {"success": False, "code": self.code, "msg": self.msg}
        return as_json(body, self.http)


def _json(request: Request) -> dict[str, Any]:
    try:
        fields = json.loads(request.body)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        raise BadUpload("The body is not JSON")
    return fields


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise BadUpload(f"Missing required parameter: {name}")
    return value


def _iso(at: float) -> str:
    text = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
