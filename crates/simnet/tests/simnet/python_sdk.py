"""All public operations of the SDK: python_sdk.py URL SENDER DELEGATE PASSWORD"""

import sys
import time

import httpx
from mina_sdk import Currency, GraphQLError, MinaDaemonClient

url, sender, delegate, password = sys.argv[1:]
client = MinaDaemonClient(graphql_uri=url, retries=1)
tested = set()


def call(name, *arguments, **named):
    tested.add(name)
    return getattr(client, name)(*arguments, **named)


def eventually(look):
    for _ in range(600):
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("not in time")


def unlock():
    """The older SDK cannot do it."""
    if hasattr(client, "unlock_account"):
        assert call("unlock_account", sender, password) == sender
        return
    query = "mutation ($i: UnlockInput!) { unlockAccount(input: $i) { publicKey } }"
    variables = {"i": {"publicKey": sender, "password": password}}
    answer = httpx.post(url, json={"query": query, "variables": variables}).json()
    assert "errors" not in answer, answer


eventually(lambda: call("get_sync_status") == "SYNCED")
chain = eventually(lambda: len(call("get_best_chain")) >= 3 and call("get_best_chain", 2))
assert len(chain) == 2 and chain[1].height == chain[0].height + 1, chain
assert chain[1].state_hash.startswith("3N")
status = call("get_daemon_status")
assert status.blockchain_length >= 3 and status.uptime_secs > 0, status
assert status.state_hash.startswith("3N") and len(status.peers) == 1, status
assert call("get_network_id") == "mina:testnet"
assert len(call("get_peers")) == 1
before = call("get_account", sender)
assert before.balance.total == before.balance.liquid, before
assert before.balance.locked == Currency(0), before
assert call("get_account", sender, before.token_id).public_key == sender

unlock()
payment = call("send_payment", sender, delegate, "1.5", "0.1", memo="coffee")
assert payment.hash.startswith("5J") and payment.nonce == before.nonce, payment
call("get_pooled_user_commands")
call("get_pooled_user_commands", sender)
delegation = call("send_delegation", sender, delegate, Currency("0.1"))
assert delegation.hash.startswith("5J") and delegation.nonce == payment.nonce + 1
eventually(lambda: call("get_account", sender).nonce == before.nonce + 2)
assert call("get_account", sender).delegate == delegate
try:
    call("send_payment", delegate, sender, "1", "0.1")
    raise AssertionError("the account is locked")
except GraphQLError:
    pass

last = call("set_snark_worker", delegate)
assert call("set_snark_worker", last) == delegate
fee = call("set_snark_work_fee", "0.5")
assert call("set_snark_work_fee", Currency.from_nanomina(int(fee))) == "500000000"

if hasattr(client, "get_daemon_metrics"):
    from mina_sdk import SignatureInput

    assert call("get_daemon_metrics").transaction_pool_size >= 0
    genesis = call("get_genesis_block")
    assert genesis.height == 1, genesis
    block = call("get_block", height=2)
    assert call("get_block", state_hash=block.state_hash).height == 2
    assert call("get_genesis_constants").coinbase == Currency(720)
    assert any(one.public_key == sender for one in call("get_tracked_accounts"))
    eventually(lambda: call("get_snark_pool"))
    assert "ledger" in call("get_fork_config")
    assert call("get_pooled_zkapp_commands") == []
    eventually(lambda: call("get_transaction_status", payment.id) == "INCLUDED")
    signature = SignatureInput(field="123", scalar=str(time.time_ns()))
    signed = call("send_payment", delegate, sender, "1", "0.1", signature=signature)
    assert signed.hash.startswith("5J"), signed
    assert call("execute_query", "{ version }")["version"]

    nothing = [None] * 8
    nonce = call("get_account", sender).nonce

    def update(sign):
        return {
            "authorization": {"signature": signed.id},
            "body": {
                "publicKey": sender,
                "tokenId": before.token_id,
                "update": {"appState": nothing},
                "balanceChange": {"magnitude": "1000", "sgn": sign},
                "incrementNonce": False,
                "events": [],
                "actions": [],
                "callData": "0",
                "callDepth": 0,
                "preconditions": {
                    "network": {"stakingEpochData": {"ledger": {}}, "nextEpochData": {"ledger": {}}},
                    "account": {"state": nothing},
                },
                "useFullCommitment": True,
                "implicitAccountCreationFee": False,
                "mayUseToken": {"parentsOwnToken": False, "inheritFromParent": False},
                "authorizationKind": {
                    "isSigned": True,
                    "isProved": False,
                    "verificationKeyHash": "0",
                },
            },
        }

    zkapp = call(
        "send_zkapp",
        {
            "feePayer": {
                "authorization": signed.id,
                "body": {"publicKey": sender, "fee": "100000000", "nonce": str(nonce)},
            },
            "memo": "E4YM2vTHhWEg66xpj52JErHUBU4pZ1yageL4TVDDpTTSsv8mK6YaH",
            "accountUpdates": [update("Negative"), update("Positive")],
        },
    )
    assert zkapp.hash.startswith("5J"), zkapp
    assert zkapp.fee_payer.public_key == sender, zkapp

public = {name for name in dir(client) if not name.startswith("_")}
missed = public - tested - {"close"}
assert not missed, f"operations without a test: {missed}"
