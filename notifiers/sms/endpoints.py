"""Where the clouds' short message services are reached, unless the settings say otherwise."""

from typing import Final

ALIYUN: Final = "https://dysmsapi.aliyuncs.com"
TENCENT: Final = "https://sms.tencentcloudapi.com"
