"""The crime domain's captures: agencies and their months, victimization surveys, cities' incident reports."""

from orchestration.assets.capture import capture_assets

ASSETS = [
    *capture_assets("fbi/agencies"),
    *capture_assets("fbi/agency_months"),
    *capture_assets("fbi/area_months"),
    *capture_assets("fbi/return_a"),
    *capture_assets("fbi/table8"),
    *capture_assets("bjs/victimizations"),
    *capture_assets("socrata/incident_months"),
    *capture_assets("socrata/incidents"),
]
