"""The membership core. It knows no vertical; plugins reach it through `core.sdk` only."""
