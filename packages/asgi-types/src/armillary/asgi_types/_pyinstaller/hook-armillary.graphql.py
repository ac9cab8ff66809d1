from armillary.asgi_types._pyinstaller import files_of, modules_of

hiddenimports = modules_of("armillary.graphql")
datas = files_of("armillary.graphql")
