from armillary.asgi_types._pyinstaller import modules_of

hiddenimports = modules_of("armillary.channels")
