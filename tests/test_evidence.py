"""The stored runs behind the lessons' sentences: the sums made of them, the starts they compare, and the files themselves."""

from math import comb

import evidence as tool
import evidence_drawn
import evidence_trained as trained
import numpy as np
import pytest

import rnnlib
from rnnlib.course import evidence
from rnnlib.course.evidence import starts
from rnnlib.course.toydata import recall

Z = 1.959964


# --- shares and sizes ---------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("hits, total", [(1, 20), (7, 20), (19, 20), (3, 7), (500, 1000)])
def test_wilson_bounds_are_the_shares_that_the_count_just_does_not_contradict(hits, total):
    share, low, high = evidence.share_with_interval(hits, total)
    assert share == hits / total and 0 < low < share < high < 1
    for bound in (low, high):                               # Wilson 1927: |share - p| is 1.96 deviations of p
        assert abs(share - bound) == pytest.approx(Z * np.sqrt(bound * (1 - bound) / total), rel=1e-9)


def test_none_and_all_leave_room():
    none, every = evidence.share_with_interval(0, 20), evidence.share_with_interval(20, 20)
    assert none[:2] == (0, 0) and every.value == every.high == 1
    assert none.high == pytest.approx(1 - every.low) == pytest.approx(Z ** 2 / (20 + Z ** 2))


def test_interval_covers_the_truth_about_95_times_of_100():
    n = 20
    intervals = [evidence.share_with_interval(k, n) for k in range(n + 1)]
    covered = [sum(comb(n, k) * p**k * (1 - p)**(n - k) for k, (_, low, high) in enumerate(intervals) if low <= p <= high)
               for p in np.linspace(0.02, 0.98, 97)]
    assert 0.94 < np.mean(covered) < 0.97 and min(covered) > 0.8


@pytest.mark.parametrize("hits, total, told", [(3, 2, "hits must be at most total = 2; it was 3"), (0, 0, "total"),
                                               (-1, 5, "hits"), (0.5, 5, "hits")])
def test_share_refuses(hits, total, told):
    with pytest.raises((ValueError, TypeError), match=told):
        evidence.share_with_interval(hits, total)


def test_median_and_middle_80():
    values = np.random.default_rng(0).permutation(np.arange(1, 21)) * 1.0
    median, low, high = evidence.median_and_middle_80(values)
    assert (median, low, high) == (10.5, 2.5, 18.5) and ((low <= values) & (values <= high)).mean() == 0.8
    mirrored = evidence.median_and_middle_80(21 - values)
    assert (21 - mirrored.low, 21 - mirrored.high) == (high, low), "as many values lie below as above"
    assert evidence.median_and_middle_80([3]) == (3, 3, 3)
    assert str(evidence.median_and_middle_80([0.123, 0.123])) == "0.12 (0.12 to 0.12)"


@pytest.mark.parametrize("values", [[], [[1.0, 2.0]], [1.0, np.nan]])
def test_median_refuses(values):
    with pytest.raises(ValueError, match="values must be"):
        evidence.median_and_middle_80(values)


def test_a_table_has_a_line_for_each_kind_and_a_column_for_each_budget():
    runs = [{"kind": kind, "steps": steps, "parameters": size, "score": score + seed / 100}
            for kind, steps, size, score in (("GRU", 100, 90, 0.5), ("window", 100, 91, 0.4), ("RNN", 100, 30, 0.3),
                                             ("GRU", 400, 90, 0.7)) for seed in range(5)]
    head, *lines = evidence.table(runs).splitlines()
    assert head.split() == ["network", "parameters", "100", "steps", "400", "steps"]
    assert [line.split()[:2] for line in lines] == [["window", "91"], ["RNN", "30"], ["GRU", "90"]]
    assert lines[0].split()[2:] == ["0.420", "(0.400", "to", "0.440)", "of", "5", "-"]
    assert lines[2].split()[8:] == ["0.720", "(0.700", "to", "0.740)", "of", "5"]
    assert len({len(line) for line in (head, *lines)}) == 1


# --- starts -------------------------------------------------------------------------------------------------------------

EXITS = pytest.mark.parametrize("width, height", starts.EXITS.values())


def another_exit(width, height):
    rng = np.random.default_rng(0)
    cell = starts.ExitLSTM(3, 5, rng, forget_bias=2, width=width, height=height)
    cell.W_x = 3 * cell.W_x
    return cell, 4 * rng.normal(size=(7, 2, 3)), 6 * rng.normal(size=(2, 2, 5)), rng


@EXITS
def test_exit_gradients_are_those_of_its_loss(width, height):
    cell, x, state_0, rng = another_exit(width, height)
    heard, last = rng.normal(size=(7, 2, 5)), rng.normal(size=(2, 2, 5))

    def loss():
        states, _ = rnnlib.forward(cell, x, state_0)
        return float((heard * states[1:, 0]).sum() + (last * states[-1]).sum())

    states, cache = rnnlib.forward(cell, x, state_0)
    assert np.abs(states[:, 1]).max() > 5, "large enough to tell a wide exit from a narrow one"
    back = rnnlib.bptt(cell, heard, cache, d_last=last)
    arrays, grads = {**cell.params, "x": x, "state_0": state_0}, {**back.params, "x": back.x, "state_0": back.states[0]}
    assert rnnlib.gradient_check(loss, arrays, grads) < 1e-7


@EXITS
def test_exit_is_its_equation_step_by_step_and_in_a_row(width, height):
    cell, x, state, _ = another_exit(width, height)
    states, _ = rnnlib.forward(cell, x, state)
    for t in range(7):
        i, f, g, o = np.split(x[t] @ cell.W_x.T + state[0] @ cell.W_h.T + cell.b, 4, axis=1)
        i, f, o = (1 / (1 + np.exp(-gate)) for gate in (i, f, o))
        c = f * state[1] + i * np.tanh(g)
        np.testing.assert_allclose(cell.step(x[t], state), [o * height * np.tanh(c / width), c], atol=1e-12)
        state = cell.step(x[t], state)
        np.testing.assert_allclose(states[t + 1], state, atol=1e-12)


@EXITS
def test_exit_jacobians_are_what_its_backward_pass_multiplies(width, height):
    cell, x, state_0, rng = another_exit(width, height)
    _, cache = rnnlib.forward(cell, x[:, :1].copy(), state_0[:, :1].copy())
    d_last = rng.normal(size=(2, 1, 5))
    back = rnnlib.bptt(cell, np.zeros((7, 1, 5)), cache, d_last=d_last)
    products = rnnlib.jacobian_products(rnnlib.jacobians(cell, cache))
    np.testing.assert_allclose(back.states.reshape(8, 10), d_last.reshape(10) @ products, atol=1e-12)


def test_an_exit_of_width_and_height_1_is_the_plain_lstm():
    cell, x, state_0, _ = another_exit(1.0, 1.0)
    plain = rnnlib.LSTMCell(3, 5, np.random.default_rng(1))
    for name, array in cell.params.items():
        plain.params[name][...] = array
    dh, results = np.ones((7, 2, 5)), []
    for each in (cell, plain):
        states, cache = rnnlib.forward(each, x, state_0)
        results.append((states, rnnlib.bptt(each, dh, cache)))
    np.testing.assert_allclose(results[0][0], results[1][0], atol=1e-12)
    for name in plain.params:
        np.testing.assert_allclose(results[0][1].params[name], results[1][1].params[name], atol=1e-12)


def test_orthogonal_turns_and_mirrors():
    rng = np.random.default_rng(0)
    drawn = [starts.orthogonal(3, rng) for _ in range(400)]
    for Q in drawn:
        np.testing.assert_allclose(Q @ Q.T, np.eye(3), atol=1e-12)
    assert abs(np.mean([np.linalg.det(Q) for Q in drawn])) < 0.15, "as many turns as mirrors"
    assert np.abs(np.mean(drawn, axis=0)).max() < 0.1, "no direction is preferred"
    stretched = starts.orthogonal(24, rng, 1.1)
    np.testing.assert_allclose(np.linalg.svd(stretched, compute_uv=False), 1.1)


def test_starts():
    for (cell, start) in starts.STARTS:
        model = starts.model(cell, start, np.random.default_rng(0))
        drawn = recall.model(cell.split()[-1], np.random.default_rng(0))
        exit_ = getattr(model.cell, "width", 1), getattr(model.cell, "height", 1)
        assert exit_ == {"wide LSTM": (10, 10), "wide quiet LSTM": (10, 1), "loud LSTM": (1, 10)}.get(cell, (1, 1))
        set_here = {"b"} | ({"W_h"} if cell == "RNN" else set())
        for name, array in model.params.items():
            assert start != "default" and name in set_here or np.array_equal(array, drawn.params[name]), (cell, start, name)
    identity = starts.model("RNN", "identity", np.random.default_rng(0)).cell
    assert np.array_equal(identity.W_h, np.eye(24)) and not identity.b.any()
    with pytest.raises(ValueError, match="forget 4.*'orthogonal 4'"):
        starts.model("LSTM", "orthogonal 4", np.random.default_rng(0))


# --- the files ----------------------------------------------------------------------------------------------------------

def test_every_file_has_its_table_and_every_name_is_known():
    assert evidence.names() == sorted(tool.TABLES)
    with pytest.raises(ValueError, match="recall.*'rumour'"):
        evidence.stored("rumour")


def test_stored_rows_can_be_chosen():
    chosen = evidence.stored("recall", cell="RNN", lag=40, same_symbols=False)
    assert chosen == [row for row in evidence.stored("recall") if row["cell"] == "RNN" and row["lag"] == 40]
    with pytest.raises(ValueError, match="the columns .*lag.*'lags'"):
        evidence.stored("recall", lags=40)
    with pytest.raises(ValueError, match="lag must be one of .*40.* here; it was 41"):
        evidence.stored("recall", lag=41)


@pytest.mark.parametrize("name", tool.TABLES)
def test_a_file_holds_every_run_once_in_order(name):
    table = tool.TABLES[name]
    rows = tool.read(evidence.FOLDER / f"{name}.csv")
    found = [tool.key(table, row) for row in rows]
    wanted = [key for job in table.jobs() for key in tool.keys(table, job)]
    assert len(set(wanted)) == len(wanted) and sorted(found) == sorted(wanted)
    assert rows == sorted(rows, key=lambda row: tool.place(table, row))
    seeds = {}
    for key in found:
        seeds.setdefault(key[:-1], []).append(key[-1])
    # fewer where four times the steps are dear
    least = {"widths": 5, "rivals": 5, "bottleneck": 10, "captions": 10}.get(name, 20)
    assert table.names[-1] == "seed" and all(len(each) >= least for each in seeds.values()), f"{least} seeds at least"


@pytest.mark.parametrize("name", [name for name in tool.TABLES if name != "memory"])
def test_a_run_made_again_is_the_stored_one(name):
    table, kept = tool.TABLES[name], {}
    for row in evidence.stored(name):
        kept[tool.key(table, row)] = row
    job = min(table.jobs(), key=lambda job: (max(getattr(job, "budgets", [0])), getattr(job, "lag", 0)))
    for row in tool.TABLES[name].rows(job):
        before = kept[tool.key(table, row)]
        assert list(row) == list(before)
        for column, value in row.items():
            if isinstance(before[column], float):           # another BLAS may round otherwise, and training carries that on
                assert float(value) == pytest.approx(before[column], rel=0.02, abs=0.02), column
            else:
                assert str(value) == str(before[column]), column


def test_values_come_back_as_what_they_are():
    row = next(row for row in evidence.stored("recall") if row["solved_at"] is None)
    assert row["same_symbols"] in (True, False) and type(row["lag"]) is int and type(row["accuracy"]) is float
    assert row["cell"] in ("RNN", "LSTM", "GRU", *starts.EXITS) and type(row["groups"]) is str


def test_recall_rows_agree_with_themselves():
    for row in evidence.stored("recall"):
        solved = row["accuracy"] >= trained.SOLVED
        assert not solved or row["solved_at"] is not None and row["groups"] == "1+1+1+1"
        assert row["solved_at"] is None or row["solved_at"] % trained.CHECK_EVERY == 0 and row["solved_at"] <= row["steps"]
        assert (row["product_highest"] is None) == (row["cell"] != "RNN")
        assert row["product_highest"] is None or row["product_highest"] >= max(row["product_start"], row["product_end"])
        assert not solved or row["missing_bits"] < 0.6
        assert row["groups"] == "together" or sum(map(int, row["groups"].split("+"))) == recall.K


def test_groups():
    names = np.repeat(np.arange(4), 50)
    nothing = np.zeros((200, 4))
    assert trained.groups(nothing, names) == "together"
    assert trained.groups(9 * np.eye(4)[names], names) == "1+1+1+1"
    pairs = np.where(np.arange(4) // 2 == names[:, None] // 2, 9.0, 0.0)
    assert trained.groups(pairs, names) == "2+2"
    one = np.where((np.arange(4) == 2) == (names[:, None] == 2), 9.0, 0.0)
    assert trained.groups(one, names) == "1+3"


def test_an_interrupted_table_goes_on_and_keeps_what_is_there(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(evidence, "FOLDER", tmp_path)
    small = tool.TABLES["padded"]._replace(jobs=tool.jobs(evidence_drawn.Padded, seeds=range(5)))
    monkeypatch.setitem(tool.TABLES, "padded", small)
    tool.make("padded", 1, anew=False)
    whole = (tmp_path / "padded.csv").read_text()
    lines = whole.splitlines()
    marked = lines[2].rsplit(",", 1)[0] + ",7"
    (tmp_path / "padded.csv").write_text("\n".join([lines[0], marked, *lines[4:]]) + "\n")
    tool.make("padded", 1, anew=False)
    assert (tmp_path / "padded.csv").read_text() == whole.replace(lines[2], marked)
    tool.make("padded", 1, anew=True)
    assert (tmp_path / "padded.csv").read_text() == whole
    assert [path.name for path in tmp_path.iterdir()] == ["padded.csv"]
    assert capsys.readouterr().out.count("padded: 5 rows") == 3
