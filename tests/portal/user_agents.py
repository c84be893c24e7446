"""User agents as browsers and messengers send them, with the class that each has."""

from __future__ import annotations

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko)"
SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko)"

USER_AGENTS: dict[str, tuple[str, str]] = {
    "wechat android": (
        "wechat",
        (
            f"Mozilla/5.0 (Linux; Android 13; 22041211AC Build/TP1A.220624.014; wv) {CHROME} Version/4.0 "
            "Chrome/116.0.0.0 Mobile Safari/537.36 XWEB/1160117 MMWEBSDK/20231202 MMWEBID/4571 "
            "MicroMessenger/8.0.47.2560(0x28002F51) WeChat/arm64 Weixin NetType/WIFI Language/zh_CN ABI/arm64"
        ),
    ),
    "wechat iphone": (
        "wechat",
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 16_6 like Mac OS X) {SAFARI} Mobile/15E148 "
            "MicroMessenger/8.0.44(0x18002c2d) NetType/WIFI Language/zh_CN"
        ),
    ),
    "wechat windows": (
        "wechat",
        (
            f"Mozilla/5.0 (Windows NT 10.0; WOW64) {CHROME} Chrome/86.0.4240.198 Safari/537.36 "
            "MicroMessenger/7.0.20.1781(0x6700143B) NetType/WIFI MiniProgramEnv/Windows WindowsWechat"
        ),
    ),
    "wechat harmony next": (
        "wechat",
        (
            f"Mozilla/5.0 (Phone; OpenHarmony 5.0) {CHROME} Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1 "
            "Mobile MicroMessenger/1.0.3.0(0x01000300) Weixin NetType/WIFI Language/zh_CN"
        ),
    ),
    "work wechat": (
        "wechat",
        (
            f"Mozilla/5.0 (Linux; Android 10; PCT-AL10; wv) {CHROME} Version/4.0 Chrome/78.0.3904.62 "
            "Mobile Safari/537.36 wxwork/3.1.10 MicroMessenger/7.0.1 NetType/WIFI Language/zh"
        ),
    ),
    "qq android": (
        "qq",
        (
            f"Mozilla/5.0 (Linux; Android 11; M2011K2C; wv) {CHROME} Version/4.0 Chrome/89.0.4389.72 "
            "MQQBrowser/6.2 TBS/046141 Mobile Safari/537.36 V1_AND_SQ_8.9.28_3700_YYB_D QQ/8.9.28.10155 "
            "NetType/WIFI WebP/0.3.0 AppId/537147618 Pixel/1440"
        ),
    ),
    "qq iphone": (
        "qq",
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 15_4 like Mac OS X) {SAFARI} Mobile/15E148 QQ/8.8.85.602 "
            "V1_IPH_SQ_8.8.85_1_APP_A Pixel/1170 SimpleUISwitch/0 QQTheme/1000"
        ),
    ),
    "qq browser is a browser": (
        "phone",
        (
            f"Mozilla/5.0 (Linux; U; Android 12; zh-cn; V2055A Build/SP1A.210812.003) {CHROME} Version/4.0 "
            "Chrome/98.0.4758.102 MQQBrowser/13.5 Mobile Safari/537.36 COVC/046333"
        ),
    ),
    "chrome on a phone": (
        "phone",
        f"Mozilla/5.0 (Linux; Android 10; K) {CHROME} Chrome/120.0.0.0 Mobile Safari/537.36",
    ),
    "harmony 4 runs android apps": (
        "phone",
        (
            f"Mozilla/5.0 (Linux; Android 12; HarmonyOS; ALN-AL00; HMSCore 6.12.0.302) {CHROME} "
            "Chrome/99.0.4844.88 HuaweiBrowser/14.0.3.300 Mobile Safari/537.36"
        ),
    ),
    "harmony next": (
        "harmony-next",
        (
            f"Mozilla/5.0 (Phone; OpenHarmony 5.0) {CHROME} Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1 "
            "Mobile HuaweiBrowser/5.0.5.300"
        ),
    ),
    "harmony next tablet": (
        "harmony-next",
        f"Mozilla/5.0 (Tablet; OpenHarmony 5.0) {CHROME} Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1",
    ),
    "safari on an iphone": (
        "iphone",
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) {SAFARI} Version/17.1 Mobile/15E148 "
            "Safari/604.1"
        ),
    ),
    "safari on an old ipad": (
        "ipad",
        f"Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) {SAFARI} Version/12.1.2 Mobile/15E148 Safari/604.1",
    ),
    "chrome on a tablet": (
        "tablet",
        f"Mozilla/5.0 (Linux; Android 11; MRX-AL09) {CHROME} Chrome/115.0.0.0 Safari/537.36",
    ),
    "safari on a mac": (
        "mac",
        f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {SAFARI} Version/17.1 Safari/605.1.15",
    ),
    "firefox on 32-bit windows 7": (
        "windows-32",
        "Mozilla/5.0 (Windows NT 6.1; rv:109.0) Gecko/20100101 Firefox/115.0",
    ),
    "chrome on 32-bit windows 10": (
        "windows-32",
        f"Mozilla/5.0 (Windows NT 10.0) {CHROME} Chrome/94.0.4606.81 Safari/537.36",
    ),
    "chrome on windows xp": (
        "windows-old",
        f"Mozilla/5.0 (Windows NT 5.1) {CHROME} Chrome/49.0.2623.112 Safari/537.36",
    ),
    "internet explorer on vista": (
        "windows-old",
        "Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.0; WOW64; Trident/5.0)",
    ),
    "360 on windows 7": (
        "windows",
        f"Mozilla/5.0 (Windows NT 6.1; WOW64) {CHROME} Chrome/86.0.4240.198 Safari/537.36 QIHU 360SE",
    ),
    "internet explorer on windows 7": (
        "windows",
        "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko",
    ),
    "edge on windows 10": (
        "windows",
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Chrome/120.0.0.0 Safari/537.36 Edg/120.0.0.0",
    ),
    "harmony on a computer": (
        "other",
        f"Mozilla/5.0 (PC; OpenHarmony 5.0) {CHROME} Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1",
    ),
    "firefox on linux": (
        "other",
        "Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0",
    ),
    "nothing": ("other", ""),
    "a program": ("other", "curl/8.5.0"),
}
"""Class and user agent, by what sends it."""
