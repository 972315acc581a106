//! The lines that Ray 2.60 and the libraries under it write.

use super::check;

#[test]
fn every_kind_of_line_that_ray_writes() {
    check(&[
        (
            "agent: creating",
            "2026-01-01 00:00:00,000\tINFO runtime_env_agent.py:415 -- Creating runtime env: {\"working_dir\": \
             \"https://u:SECRETpw@h.test/f.zip?X-Amz-Signature=SECRETsig\"} with timeout 600 seconds.",
            "2026-01-01 00:00:00,000\tINFO runtime_env_agent.py:415 -- Creating runtime env: {\"working_dir\": \
             \"https://***@h.test/f.zip?***\"} with timeout 600 seconds.",
        ),
        (
            "agent: env_vars",
            "Creating runtime env: {\"env_vars\": {\"RAY_RUNTIME_ENV_BEARER_TOKEN\": \"SECRET1\", \"A\": \"b\"}, \
             \"working_dir\": \"https://h.test/f.zip\"} with timeout 600 seconds.",
            "Creating runtime env: {\"env_vars\": {\"RAY_RUNTIME_ENV_BEARER_TOKEN\": \"***\", \"A\": \"b\"}, \
             \"working_dir\": \"https://h.test/f.zip\"} with timeout 600 seconds.",
        ),
        (
            "agent: created",
            "Successfully created runtime env: {\"py_modules\": [\"https://SECRETtoken@h.test/m.whl\"]}, the context: \
             {'env_vars': {'RAY_AUTH_TOKEN': 'SECRET1', 'PYTHONPATH': '/x'}, 'py_executable': 'python'}",
            "Successfully created runtime env: {\"py_modules\": [\"https://***@h.test/m.whl\"]}, the context: \
             {'env_vars': {'RAY_AUTH_TOKEN': '***', 'PYTHONPATH': '/x'}, 'py_executable': 'python'}",
        ),
        (
            "agent: already created",
            "Runtime env already created successfully. Env: {\"working_dir\": \"https://u:SECRET1@h.test/f.zip\"}, context: {}",
            "Runtime env already created successfully. Env: {\"working_dir\": \"https://***@h.test/f.zip\"}, context: {}",
        ),
        (
            "agent: failed",
            "Failed to create runtime env for {\"working_dir\": \"https://h.test/f.zip#SECRET1\"}: 401",
            "Failed to create runtime env for {\"working_dir\": \"https://h.test/f.zip#***\"}: 401",
        ),
        (
            "agent: decrease reference",
            "Got request from 0123abcd to decrease reference for runtime env: {\"working_dir\":\"https://u:SECRET1@h.test/f.zip\"}.",
            "Got request from 0123abcd to decrease reference for runtime env: {\"working_dir\":\"https://***@h.test/f.zip\"}.",
        ),
        (
            "agent: unused env",
            "Unused runtime env {\"working_dir\": \"https://u:SECRET1@h.test/f.zip\"}.",
            "Unused runtime env {\"working_dir\": \"https://***@h.test/f.zip\"}.",
        ),
        (
            "agent: unused uris",
            "Unused uris [('https://u:SECRET1@h.test/f.zip', 'working_dir'), ('https://h.test/g.zip?SECRET2', 'py_modules')].",
            "Unused uris [('https://***@h.test/f.zip', 'working_dir'), ('https://h.test/g.zip?***', 'py_modules')].",
        ),
        (
            "agent: removed from the cache",
            "Runtime env {\"working_dir\": \"https://h.test/f.zip?sig=SECRET1\"} removed from env-level cache.",
            "Runtime env {\"working_dir\": \"https://h.test/f.zip?***\"} removed from env-level cache.",
        ),
        (
            "setup: downloading",
            "Downloading package from https://u:SECRET1@h.test/f.zip?sv=1&sig=SECRET%2B2 to /tmp/ray/https_0123.zip with protocol https",
            "Downloading package from https://***@h.test/f.zip?*** to /tmp/ray/https_0123.zip with protocol https",
        ),
        (
            "setup: added",
            "Added URI https://u:SECRET1@h.test/f.zip with size 1024 to used URIs.",
            "Added URI https://***@h.test/f.zip with size 1024 to used URIs.",
        ),
        (
            "setup: marked",
            "Marked URI https://u:SECRET1@h.test/f.zip unused, deleted URI HTTPS://SECRET2@h.test/g.zip",
            "Marked URI https://***@h.test/f.zip unused, deleted URI HTTPS://***@h.test/g.zip",
        ),
        (
            "setup: installed",
            "https://u:SECRET1@h.test/m.whl is already installed.",
            "https://***@h.test/m.whl is already installed.",
        ),
        (
            "raylet: 401",
            "requests.exceptions.HTTPError: 401 Client Error: Unauthorized for url: https://uu:SECRETpw@h.test:8443/f.zip?X-Amz-Signature=SECRETsig",
            "requests.exceptions.HTTPError: 401 Client Error: Unauthorized for url: https://***@h.test:8443/f.zip?***",
        ),
        (
            "driver: setup error",
            "ray.exceptions.RuntimeEnvSetupError: Failed to set up runtime environment.\nTraceback (most recent call last):\n  \
             File \"packaging.py\", line 1, in download\nrequests.exceptions.HTTPError: 403 Client Error: Forbidden for url: \
             https://u:SECRET1@h.test/f.zip\n\nDuring handling of the above exception, another exception occurred:",
            "ray.exceptions.RuntimeEnvSetupError: Failed to set up runtime environment.\nTraceback (most recent call last):\n  \
             File \"packaging.py\", line 1, in download\nrequests.exceptions.HTTPError: 403 Client Error: Forbidden for url: \
             https://***@h.test/f.zip\n\nDuring handling of the above exception, another exception occurred:",
        ),
        (
            "driver: the same in one string",
            r#"error_message: "Traceback:\n  File \"packaging.py\"\nHTTPError: 403 for url: https://u:SECRET1@h.test/f.zip\n""#,
            r#"error_message: "Traceback:\n  File \"packaging.py\"\nHTTPError: 403 for url: https://***@h.test/f.zip\n""#,
        ),
        (
            "state API",
            "{'runtime_env': {'working_dir': 'https://u:SECRET1@h.test/f.zip', 'env_vars': {'RAY_AUTH_TOKEN': 'SECRET2'}}, 'success': True}",
            "{'runtime_env': {'working_dir': 'https://***@h.test/f.zip', 'env_vars': {'RAY_AUTH_TOKEN': '***'}}, 'success': True}",
        ),
        (
            "validation",
            "ValueError: Only .zip or .whl files supported for remote URIs, got https://uu:SECRETpw@h.test/f.tar",
            "ValueError: Only .zip or .whl files supported for remote URIs, got https://***@h.test/f.tar",
        ),
        (
            "parse_uri",
            "ValueError: Invalid protocol for runtime_env URI \"ftp://uu:SECRET1@h.test/f.zip\". Supported protocols: \
             ['gcs', 'https']. Original error: 'ftp' is not a valid Protocol",
            "ValueError: Invalid protocol for runtime_env URI \"ftp://***@h.test/f.zip\". Supported protocols: \
             ['gcs', 'https']. Original error: 'ftp' is not a valid Protocol",
        ),
        (
            "urllib3: retries exceeded",
            "HTTPSConnectionPool(host='h.test', port=443): Max retries exceeded with url: /f.zip?X-Amz-Signature=SECRET1 \
             (Caused by NewConnectionError(\"HTTPSConnection(host='h.test', port=443): refused\"))",
            "HTTPSConnectionPool(host='h.test', port=443): Max retries exceeded with url: /f.zip?*** \
             (Caused by NewConnectionError(\"HTTPSConnection(host='h.test', port=443): refused\"))",
        ),
        (
            "urllib3: retrying",
            "Retrying (Retry(total=2, connect=None)) after connection broken by 'ProtocolError('x')': /f.zip?sig=SECRET1",
            "Retrying (Retry(total=2, connect=None)) after connection broken by 'ProtocolError('x')': /f.zip?***",
        ),
        (
            "urllib3: incremented",
            "Incremented Retry for (url='/f.zip?sig=SECRET1'): Retry(total=2, connect=None)",
            "Incremented Retry for (url='/f.zip?***'): Retry(total=2, connect=None)",
        ),
        (
            "urllib3: debug",
            "https://h.test:443 \"GET /f.zip?sig=SECRET1 HTTP/1.1\" 200 1024",
            "https://h.test:443 \"GET /f.zip?*** HTTP/1.1\" 200 1024",
        ),
        (
            "urllib3: redirect",
            "Redirecting /f.zip?sig=SECRET1 -> https://u:SECRET2@cdn.test/f.zip?sig=SECRET3",
            "Redirecting /f.zip?*** -> https://***@cdn.test/f.zip?***",
        ),
        (
            "http.client: debug",
            r"send: b'GET /f.zip?sig=SECRET1 HTTP/1.1\r\nHost: h.test\r\nAuthorization: Basic SECRET2\r\nAccept: */*\r\n\r\n'",
            r"send: b'GET /f.zip?*** HTTP/1.1\r\nHost: h.test\r\nAuthorization: Basic ***: */*\r\n\r\n'",
        ),
        (
            "dashboard: a refused WebSocket",
            "WebSocket handshake error: WSServerHandshakeError(RequestInfo(url=URL('http://127.0.0.1:8265/api/jobs/a/logs/tail'), \
             method='GET', headers=<CIMultiDictProxy('Sec-WebSocket-Version': '13', 'Authorization': 'Bearer SECRET1', 'Cookie': \
             'ray-authentication-token=SECRET2', 'Accept': '*/*')>, real_url=URL('http://127.0.0.1:8265/?a=SECRET3')), ())",
            "WebSocket handshake error: WSServerHandshakeError(RequestInfo(url=URL('http://127.0.0.1:8265/api/jobs/a/logs/tail'), \
             method='GET', headers=<CIMultiDictProxy('Sec-WebSocket-Version': '13', 'Authorization': 'Bearer ***', 'Cookie': \
             '***', 'Accept': '*/*')>, real_url=URL('http://127.0.0.1:8265/?***')), ())",
        ),
    ]);
}
