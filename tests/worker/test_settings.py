import pytest

from templates.errors import UserError
from worker.settings import load_settings

ROLE = "arn:aws:iam::123456789012:role/batch"


def told(environ, folder):
    with pytest.raises(UserError) as caught:
        load_settings({"SKUSCRIBE_HOME": str(folder / "home"), **environ}, folder)
    assert caught.value.code == "setting"
    return caught.value.message


def test_the_batch_lane_is_set_up_by_its_bucket_and_its_role(tmp_path):
    assert not load_settings({"SKUSCRIBE_HOME": str(tmp_path)}, tmp_path).batch.is_set
    (tmp_path / "skuscribe.toml").write_text("batch_bucket = 's3://shop-batch/copy/'\nbatch_most_records = 400\n")
    environ = {"SKUSCRIBE_HOME": str(tmp_path), "SKUSCRIBE_BATCH_ROLE_ARN": ROLE}
    batch = load_settings(environ, tmp_path).batch
    assert batch.is_set
    assert (batch.root, batch.role_arn, batch.most_records) == (
        "s3://shop-batch/copy",
        ROLE,
        400,
    )


def test_the_batch_bucket_is_of_the_account_of_the_role_unless_another_is_told(tmp_path):
    environ = {"SKUSCRIBE_HOME": str(tmp_path), "SKUSCRIBE_BATCH_ROLE_ARN": ROLE}
    assert load_settings(environ, tmp_path).batch.owner == "123456789012"
    other = environ | {"SKUSCRIBE_BATCH_BUCKET_OWNER": "210987654321"}
    assert load_settings(other, tmp_path).batch.owner == "210987654321"
    assert load_settings({"SKUSCRIBE_HOME": str(tmp_path)}, tmp_path).batch.owner == ""


@pytest.mark.parametrize("owner", ["1", "12345678901", "1234567890123", "my account", "１２３４５６７８９０１２"])
def test_an_owner_of_the_batch_bucket_that_is_no_account_is_refused(tmp_path, owner):
    assert "SKUSCRIBE_BATCH_BUCKET_OWNER" in told({"SKUSCRIBE_BATCH_BUCKET_OWNER": owner}, tmp_path)
    (tmp_path / "skuscribe.toml").write_text("batch_bucket_owner = 123456789012\n")
    assert "batch_bucket_owner" in told({}, tmp_path)


@pytest.mark.parametrize("role", ["batch", "arn:aws:iam::1:role/batch", "arn:aws:iam::123456789012:user/batch"])
def test_a_batch_role_without_an_account_is_refused(tmp_path, role):
    assert "SKUSCRIBE_BATCH_ROLE_ARN" in told({"SKUSCRIBE_BATCH_ROLE_ARN": role}, tmp_path)


@pytest.mark.parametrize(
    "bucket", ["x", "Shop", "s3://shop batch", "shop-batch/a b", "s3://shop-batch/ä", "/shop-batch"]
)
def test_a_batch_bucket_that_bedrock_would_not_take_is_refused(tmp_path, bucket):
    assert "SKUSCRIBE_BATCH_BUCKET" in told({"SKUSCRIBE_BATCH_BUCKET": bucket}, tmp_path)


@pytest.mark.parametrize("hours", ["23", "169", "24.5", "a day"])
def test_a_timeout_that_bedrock_would_not_take_is_refused(tmp_path, hours):
    assert "SKUSCRIBE_BATCH_TIMEOUT_HOURS" in told({"SKUSCRIBE_BATCH_TIMEOUT_HOURS": hours}, tmp_path)


def test_a_broker_other_than_redis_is_refused_without_telling_its_password(tmp_path):
    message = told({"SKUSCRIBE_BROKER_URL": "amqp://ann:sekret@h"}, tmp_path)
    assert "SKUSCRIBE_BROKER_URL" in message
    assert "sekret" not in message
    (tmp_path / "skuscribe.toml").write_text("broker_url = 'amqp://ann:sekret@h'")
    assert "sekret" not in told({}, tmp_path)


def test_a_secret_is_read_from_the_first_line_of_a_file(tmp_path):
    secret = tmp_path / "broker"
    secret.write_text("redis://:sekret@h/0\nanything\n")
    home = {"SKUSCRIBE_HOME": str(tmp_path / "home")}
    assert (
        load_settings(home | {"SKUSCRIBE_BROKER_URL_FILE": str(secret)}, tmp_path).broker_url == "redis://:sekret@h/0"
    )
    both = {"SKUSCRIBE_BROKER_URL_FILE": str(secret), "SKUSCRIBE_BROKER_URL": "redis://other"}
    assert load_settings(home | both, tmp_path).broker_url == "redis://other"
    assert "gone" in told({"SKUSCRIBE_BROKER_URL_FILE": str(tmp_path / "gone")}, tmp_path)


def test_the_form_of_log_lines_is_one_of_two(tmp_path):
    assert "SKUSCRIBE_LOG" in told({"SKUSCRIBE_LOG": "xml"}, tmp_path)


def test_a_broker_that_is_misspelt_is_named(tmp_path):
    assert "SKUSCRIBE_BROKER_URL" in told({"SKUSCRIBE_BROKR_URL": "redis://h"}, tmp_path)


def test_a_wrong_value_is_told_without_its_password(tmp_path):
    message = told({"SKUSCRIBE_RPM": "http://ann:sekret@h"}, tmp_path)
    assert "//h" in message
    assert "sekret" not in message
