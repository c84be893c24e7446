"""Transport by WinHTTP: TLS, certificates, proxies and PAC as Windows has them.

Modules:

* ``exchange`` -- Sends one request by WinHTTP's asynchronous functions, and ends it when its time limit is
  over.
* ``faults`` -- Chooses the refusal for an error of WinHTTP, and for the certificate flags of its status
  callback.
* ``library`` -- Functions, structures and constants of winhttp.dll, as ``winhttp.h`` declares them.
* ``proxies`` -- Lists the routes to the portal from Windows' proxy settings: through which proxies, and
  directly.
* ``proxy_settings`` -- Reads the account's proxy settings, and runs proxy scripts (PAC), by WinHTTP.
* ``transport`` -- Carries a request by WinHTTP, through each proxy that Windows names and directly, until one
  way works.
"""
