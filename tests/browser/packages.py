"""What `npm install` brought into client-js, which some tests lean on."""

from __future__ import annotations

from pathlib import Path

CLIENT = Path(__file__).resolve().parents[2] / "client-js"
MODULES = CLIENT / "node_modules"
VITE = MODULES / "vite" / "bin" / "vite.js"
INSTALLED = str(MODULES / ".bin" / "vite")  # for `requires`: it is there once all is installed
