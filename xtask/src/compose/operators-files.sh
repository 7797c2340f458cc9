# Fills the folder of an operator of the original: keys, names and configurations.
head -c 32 /dev/urandom | base64 >keys/fetcher_sk
# No experiment is started here, so nobody decrypts it.
echo '{"box_primitive":"xsalsa20poly1305","pw_primitive":"argon2i"}' >keys/plain1
chmod 600 keys/*
cat >names-data/names.json <<END
{"B62qnKweK4BVxG7TA1VzhNr6GcTejXbrN6ycEQiW4ZgUCxHuWTQta4i": "seed"}
END
cat >uptime-backend/config.json <<END
{"in_memory": true, "whitelist": ["B62qnKweK4BVxG7TA1VzhNr6GcTejXbrN6ycEQiW4ZgUCxHuWTQta4i"]}
END
cat >orchestrator-as-service/config.json <<END
{"key": "$(head -c 32 /dev/urandom | base64)",
 "onlineURL": "http://in-memory-uptime-backend:8080/v1/online",
 "fundDaemonPorts": ["10.0.0.5:8301"],
 "minaExec": "/usr/local/bin/mina",
 "genesisTimestamp": "2025-05-07T00:00:00Z",
 "slotDurationMs": 180000}
END
# As docs/compose.md says.
if [ "$(id -u)" = 0 ]; then
    chown -R 1000:1000 keys names-data output uptime-backend orchestrator-as-service
else
    echo "LOADLAB_USER=$(id -u):$(id -g)" >>.env
fi
