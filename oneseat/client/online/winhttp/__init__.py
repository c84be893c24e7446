"""Transport by WinHTTP: TLS, certificates, proxies and PAC as Windows has them.

Modules:

"""
