//! `POST /api/node-restarts`.

use crate::lab::Lab;

const PATH: &str = "/api/node-restarts";

#[tokio::test]
async fn a_restart_is_noted_with_the_newest_deployment() {
    let lab = Lab::start().await;
    lab.scene("INSERT INTO deployment (metadata_json) VALUES ('{}'), ('{}')")
        .await;
    let body = r#"{"node_name":"n1","reason":"OOMKilled","code":137,"object_name":"pod",
                   "object_namespace":"perf","container_name":"mina","restart_count":3}"#;
    let answer = lab.post(PATH, body).await;
    let stored = "SELECT to_char(\"time\" AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')
                    FROM node_restarts WHERE id = 1";
    let time = &lab.test.texts(stored).await.unwrap()[0];
    let expected = format!(r#"{{"message":"Node restart recorded","id":1,"time":"{time}"}}"#);
    answer.is(201, &expected);
    let second = lab
        .post(PATH, r#"{"node_name":"n2","code":0,"reason":""}"#)
        .await;
    assert_eq!((second.status, &second.json()["id"]), (201, &2.into()));
    let rows = "SELECT row(id, deployment_id, node_name, reason, code, object_name,
                           object_namespace, container_name, restart_count)::text
                  FROM node_restarts ORDER BY id";
    assert_eq!(
        lab.test.texts(rows).await.unwrap(),
        ["(1,2,n1,OOMKilled,137,pod,perf,mina,3)", "(2,2,n2,,,,,,)"]
    );
}

#[tokio::test]
async fn what_cannot_be_noted_is_refused() {
    let lab = Lab::start().await;
    let no_deployment = r#"{"error":"There is no deployment yet: POST /api/deployments first"}"#;
    lab.post(PATH, r#"{"node_name":"n"}"#)
        .await
        .is(409, no_deployment);
    lab.scene("INSERT INTO deployment (metadata_json) VALUES ('{}')")
        .await;
    let missing = r#"{"error":"Missing required field: \"node_name\""}"#;
    for body in ["", "{}", r#"{"node_name":""}"#, r#"{"node_name":null}"#] {
        lab.post(PATH, body).await.is(400, missing);
    }
    for body in [
        r#"{"node_name":["n"]}"#,
        r#"{"node_name":"n","code":"x"}"#,
        r#"{"node_name":"n","restart_count":4294967296}"#,
        r#"{"node_name":"n\u0000"}"#,
        r#"{"node_name":"n","reason":"\u0000"}"#,
    ] {
        assert_eq!(lab.post(PATH, body).await.status, 400, "{body}");
    }
    let rows = lab.test.texts("SELECT id::text FROM node_restarts").await;
    assert!(rows.unwrap().is_empty());
}
