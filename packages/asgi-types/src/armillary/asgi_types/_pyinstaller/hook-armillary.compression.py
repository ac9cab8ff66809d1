from armillary.asgi_types._pyinstaller import installed

hiddenimports = installed("brotli", "backports.zstd", "compression.zstd", "zlib_ng.zlib_ng")
