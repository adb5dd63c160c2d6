"""What records say and what comes back, in Converse's form and in the models' own."""

import json

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.servers


def nova(world, number):
    return {"schemaVersion": "messages-v1", **world.converse(number)}


def claude(world, number):
    said = [{"role": "user", "content": [{"type": "text", "text": world.product(number)}]}]
    return {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 900,
        "system": world.system,
        "messages": said,
        "temperature": 0.2,
    }


def llama(world, number):
    turns = (("system", world.system), ("user", world.product(number)))
    prompt = "".join(f"<|start_header_id|>{role}<|end_header_id|>\n\n{text}<|eot_id|>" for role, text in turns)
    return {
        "prompt": f"<|begin_of_text|>{prompt}<|start_header_id|>assistant<|end_header_id|>\n\n",
        "max_gen_len": 900,
    }


def llama_4(world, number):
    body = llama(world, number)
    for name in ("start_header_id", "end_header_id", "eot_id"):
        short = {"start_header_id": "header_start", "end_header_id": "header_end", "eot_id": "eot"}[name]
        body["prompt"] = body["prompt"].replace(f"<|{name}|>", f"<|{short}|>")
    return body


def mistral(world, number):
    return {"prompt": f"<s>[INST] {world.system}\n\n{world.product(number)} [/INST]", "max_tokens": 900}


def chat(world, number, limit="max_tokens"):
    said = [{"role": "system", "content": world.system}, {"role": "user", "content": world.product(number)}]
    return {"messages": said, limit: 900, "temperature": 0.2}


def gpt_oss(world, number):
    return chat(world, number, "max_completion_tokens")


def of_converse(output):
    return output["output"]["message"]["content"][0]["text"], output["usage"]["inputTokens"], output["stopReason"]


def of_claude(output):
    return output["content"][0]["text"], output["usage"]["input_tokens"], output["stop_reason"]


def of_llama(output):
    return output["generation"], output["prompt_token_count"], output["stop_reason"]


def of_mistral(output):
    return output["outputs"][0]["text"], None, output["outputs"][0]["stop_reason"]


def of_chat(output):
    choice = output["choices"][0]
    return choice["message"]["content"], output["usage"]["prompt_tokens"], choice["finish_reason"]


NATIVE = {
    "amazon.nova-lite-v1:0": (nova, of_converse),
    "global.anthropic.claude-haiku-4-5-20251001-v1:0": (claude, of_claude),
    "meta.llama3-1-8b-instruct-v1:0": (llama, of_llama),
    "us.meta.llama4-scout-17b-instruct-v1:0": (llama_4, of_llama),
    "mistral.mistral-small-2402-v1:0": (mistral, of_mistral),
    "mistral.mistral-large-3-675b-instruct": (chat, of_chat),
    "openai.gpt-oss-20b-1:0": (gpt_oss, of_chat),
    "qwen.qwen3-32b-v1:0": (chat, of_chat),
}


@pytest.mark.parametrize("model", NATIVE)
def test_a_model_answers_in_its_own_form_with_the_fields_that_the_prompt_asks_for(world, model):
    write, read = NATIVE[model]
    arn = world.create(world.upload(write(world, n) for n in range(20)), kind="InvokeModel", model=model)
    assert world.get(arn)["successRecordCount"] == 20
    manifest, counted = world.manifest(arn), 0
    for line in world.lines(arn):
        assert line["modelInput"] == write(world, int(line["recordId"][2:]))
        text, tokens, stop = read(line["modelOutput"])
        assert set(json.loads(text[text.index("{") : text.rindex("}") + 1])) == {"title"}
        assert stop in {"end_turn", "stop"}
        counted += tokens or 0
    assert counted in {0, manifest["inputTokenCount"]}
    assert manifest["outputTokenCount"] > 0


def test_a_reasoning_model_puts_its_reasoning_before_the_text(world):
    arn = world.create(world.upload([gpt_oss(world, 1)]), kind="InvokeModel", model="openai.gpt-oss-20b-1:0")
    world.get(arn)
    content = world.lines(arn)[0]["modelOutput"]["choices"][0]["message"]["content"]
    assert content.startswith("<reasoning>")
    assert "</reasoning>" in content


def test_the_copy_is_the_same_in_all_forms_of_a_record(world):
    uri = world.upload([world.converse(7)])
    said = set()
    for kind in ("Converse", "InvokeModel"):
        arn = world.create(uri, kind=kind)
        world.get(arn)
        said.add(of_converse(world.lines(arn)[0]["modelOutput"])[0])
    assert len(said) == 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"messages": []}, "messages"),
        ({}, "messages"),
        ("text", "no modelInput"),
        ({"messages": [{"role": "user", "content": ["x"]}]}, "malformed"),
        (
            {"messages": [{"role": "user", "content": [{"text": "x"}]}], "inferenceConfig": {"maxTokens": 99_999}},
            "limit",
        ),
    ],
)
def test_a_record_that_does_not_fit_the_model_is_an_error_and_not_a_failed_job(world, body, said):
    arn = world.create(world.upload([body, world.converse(1)]))
    view = world.get(arn)
    assert (view["status"], view["errorRecordCount"], view["successRecordCount"]) == ("Completed", 1, 1)
    error = next(line["error"] for line in world.lines(arn) if "error" in line)
    assert error["errorCode"] == 400
    assert said in error["errorMessage"]


def test_tools_structured_output_and_cache_points_are_errors(world):
    spec = {"name": "write", "inputSchema": {"json": {"type": "object"}}}
    cached = [{"text": world.system}, {"cachePoint": {"type": "default"}}]
    bodies = [
        world.converse(1, toolConfig={"tools": [{"toolSpec": spec}]}),
        world.converse(2, outputConfig={"textFormat": {"type": "json_schema"}}),
        world.converse(3, system=cached),
    ]
    arn = world.create(world.upload(bodies))
    assert world.get(arn)["errorRecordCount"] == 3
    said = " ".join(line["error"]["errorMessage"] for line in world.lines(arn))
    assert all(word in said for word in ("toolConfig", "outputConfig", "caching"))


@pytest.mark.parametrize(
    ("model", "body"),
    [
        ("global.anthropic.claude-haiku-4-5-20251001-v1:0", {"max_tokens": 5, "messages": []}),
        (
            "global.anthropic.claude-haiku-4-5-20251001-v1:0",
            {"anthropic_version": "bedrock-2023-05-31", "messages": []},
        ),
        ("meta.llama3-1-8b-instruct-v1:0", {"prompt": "x", "max_tokens": 5}),
        ("meta.llama3-1-8b-instruct-v1:0", {"prompt": "x", "max_gen_len": 2049}),
        ("mistral.mistral-small-2402-v1:0", {"messages": []}),
        ("amazon.nova-lite-v1:0", {"prompt": "x"}),
        ("qwen.qwen3-32b-v1:0", {"prompt": "x"}),
    ],
)
def test_a_body_that_is_not_the_models_own_is_refused(world, model, body):
    with pytest.raises(ClientError) as caught:
        world.runtime.invoke_model(modelId=model, body=json.dumps(body))
    assert caught.value.response["Error"]["Code"] == "ValidationException"


@pytest.mark.parametrize("model", NATIVE)
def test_invoke_model_answers_as_a_record_is_answered_and_tells_its_tokens(world, model):
    write, read = NATIVE[model]
    reply = world.runtime.invoke_model(modelId=model, body=json.dumps(write(world, 3)))
    text, tokens, _ = read(json.loads(reply["body"].read()))
    assert '"title"' in text
    headers = reply["ResponseMetadata"]["HTTPHeaders"]
    assert int(headers["x-amzn-bedrock-input-token-count"]) == tokens or tokens is None
    assert int(headers["x-amzn-bedrock-output-token-count"]) > 0


def test_records_without_an_id_get_one(world):
    uri = f"{world.folder()}/records.jsonl"
    world.put(uri, "".join(json.dumps({"modelInput": world.converse(n)}) + "\n" for n in range(9)))
    arn = world.create(uri)
    world.get(arn)
    assert len({line["recordId"] for line in world.lines(arn)}) == 9


def test_what_was_paid_is_counted_over_both_lanes(world):
    before = world.counters()
    model = "qwen.qwen3-next-80b-a3b"
    arn = world.create(world.upload(world.converse(n) for n in range(1000, 1004)), model=model)
    world.get(arn)
    batch = world.counters()["batch"]
    manifest = world.manifest(arn)
    assert batch["tokens"][model]["inputTokens"] == manifest["inputTokenCount"]
    assert batch["tokens"][model]["outputTokens"] == manifest["outputTokenCount"]
    assert batch["succeeded"] == before["batch"]["succeeded"] + 4
    said = [{"role": "user", "content": [{"text": world.product(1000)}]}]
    world.runtime.converse(modelId=model, messages=said, system=[{"text": "Write product copy."}])
    after = world.counters()
    assert after["batch"] == batch
    assert after["paid_by_task"]["beyond_one"] == before["paid_by_task"]["beyond_one"] + 1
    assert after["ok_replies_by_prompt"]["beyond_one"] == before["ok_replies_by_prompt"]["beyond_one"]
