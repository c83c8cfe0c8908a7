"""The awards domain's captures: federal grants and the listings they are made under."""

from orchestration.assets.capture import capture_assets

ASSETS = [
    *capture_assets("usaspending/transactions"),
    *capture_assets("usaspending/awards"),
    *capture_assets("usaspending/award_outlays"),
    *capture_assets("usaspending/assistance_listings"),
    *capture_assets("cops/announcements"),
]
