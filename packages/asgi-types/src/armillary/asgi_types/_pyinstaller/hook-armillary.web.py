from armillary.asgi_types._pyinstaller import installed_parts, modules_of

hiddenimports = [*modules_of("armillary.web"), *installed_parts()]
