"""The ordinances domain's captures: the trackers' lists and the ledger of legal events."""

from orchestration.assets.capture import capture_assets

ASSETS = [
    *capture_assets("doj/sanctuary_list"),
    *capture_assets("dhs/sanctuary_list"),
    *capture_assets("ice/agreements_287g"),
    *capture_assets("ledger/policy_events"),
    *capture_assets("legistar/matters"),
    *capture_assets("legistar/histories"),
    *capture_assets("elms/matters"),
]
