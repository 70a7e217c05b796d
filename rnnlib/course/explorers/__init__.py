"""The named slider figures of the lessons, one module per topic. They draw; the numbers come from functions of the notebook."""

from .. import figures
from .lesson01_cell import one_unit, shared_weights, sliding_cell, tip_to_tail, two_steps, two_turns, verdicts
from .lesson02_unrolling import (
    factors_per_step,
    loop_and_unrolled,
    loss_over_padding,
    memory_window,
    padded_batch,
    three_lengths,
    travelling_change,
)
from .lesson03_backprop import (
    accuracy_by_chunk,
    check_curves,
    counting_cliff,
    factor_per_step,
    gradient_map,
    truncation,
    two_paths,
)
from .lesson04_clipping import clipped_descent
from .lesson04_jacobians import jacobian_norms, norm_and_radius, predicted_left, radius_map, resting_factor, two_units
from .lesson04_luck import luck_by_lag, starts_by_lag, training_and_gradient
from .lesson04_vanishing import two_roundings, vanishing_product, way_back
from .lesson05_highways import (
    closed_exits,
    every_run,
    fresh_seeds,
    gate_highway,
    gated_cell,
    gates_over_time,
    gradient_norms,
    jacobian_blocks,
    memory_fills,
    recall_by_lag,
)
from .lesson06_many_to_one import (
    accuracy_by_kind,
    error_by_horizon,
    forecast,
    one_answer,
    own_sentence,
    running_verdict,
    swapped_clauses,
)
from .lesson07_many_to_many import (
    calibration,
    confusions,
    film,
    one_answer_each,
    same_words,
    second_layer,
    stacked,
    tagged,
    touched,
)
from .lesson07_streaming import holding, sensor_stream
from .lesson08_decoding import beams, forced_and_free, number_box, tones
from .lesson08_encoder_decoder import context_map, exact_by_zeros, handing_over, kept_or_looked_up, through_one_vector
from .lesson09_one_to_many import captioner, gallery, measured, next_letters, things_by_cell, written_out
from .lesson09_tunes import Sound, by_temperature, piano_roll, rolls, sharpened
from .lesson10_bidirectional import (
    accuracy_by_position,
    felt_change,
    revealed,
    two_readings,
    two_rows,
    two_starts,
    waiting,
)
from .lesson11_attention import (
    gradient_lifelines,
    one_query,
    one_vector_or_all,
    reversed_by,
    self_attention_map,
    size_and_length,
    where_it_looks,
    whose_answer,
)
from .lesson12_linear import chain_and_tree, memory_at_the_start, scan_in_rounds, turning_unit
from .lesson12_price import every_seed, three_pictures
from .rivals import beside_a_window, length_by_budget, mistakes_against_sameness, place_by_budget
from .whose import faded, whose_fault, whose_faults

__all__ = ["Sound", "accuracy_by_chunk", "accuracy_by_kind", "accuracy_by_position", "beams", "beside_a_window",
           "by_temperature", "calibration", "captioner", "chain_and_tree", "check_curves", "clipped_descent",
           "closed_exits", "confusions", "context_map", "counting_cliff", "error_by_horizon", "every_run",
           "every_seed", "exact_by_zeros", "factor_per_step", "factors_per_step", "faded", "felt_change", "film",
           "forced_and_free", "forecast", "fresh_seeds", "gallery", "gate_highway", "gated_cell", "gates_over_time",
           "gradient_lifelines", "gradient_map", "gradient_norms", "handing_over", "holding", "jacobian_blocks",
           "jacobian_norms", "kept_or_looked_up", "length_by_budget", "loop_and_unrolled", "loss_over_padding",
           "luck_by_lag", "measured", "memory_at_the_start", "memory_fills", "memory_window",
           "mistakes_against_sameness", "next_letters", "norm_and_radius", "number_box", "one_answer",
           "one_answer_each", "one_query", "one_unit", "one_vector_or_all", "own_sentence", "padded_batch",
           "piano_roll", "place_by_budget", "predicted_left", "radius_map", "recall_by_lag", "resting_factor",
           "revealed", "reversed_by", "rolls", "running_verdict", "same_words", "scan_in_rounds", "second_layer",
           "self_attention_map", "sensor_stream", "shared_weights", "sharpened", "size_and_length", "sliding_cell",
           "stacked", "starts_by_lag", "swapped_clauses", "tagged", "things_by_cell", "three_lengths",
           "three_pictures", "through_one_vector", "tip_to_tail", "tones", "touched", "training_and_gradient",
           "travelling_change", "truncation", "turning_unit", "two_paths", "two_readings", "two_roundings",
           "two_rows", "two_starts", "two_steps", "two_turns", "two_units", "vanishing_product", "verdicts",
           "waiting", "way_back", "where_it_looks", "whose_answer", "whose_fault", "whose_faults", "written_out"]

for _name in __all__:       # nothing that they make takes on a style of the user's
    if not isinstance(globals()[_name], type):
        globals()[_name] = figures.defaults()(globals()[_name])
