"""What the domains share: government units and their population, figures that agencies printed."""

from orchestration.assets.capture import capture_assets

ASSETS = [
    *capture_assets("census/gazetteer"),
    *capture_assets("census/places"),
    *capture_assets("published/statistics"),
]
