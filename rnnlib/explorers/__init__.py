"""The named slider figures of the lessons, a module a lesson. They draw; the numbers come from functions of the notebook."""

from .backprop import check_curves, counting_cliff, gradient_map, losses_by_chunk, truncation, two_paths
from .bidirectional import accuracy_by_position, felt_change, revealed, two_readings, two_starts, waiting
from .cell import one_unit, shared_weights, sliding_cell, tip_to_tail, two_steps, verdicts
from .clipping import clipped_descent
from .highways import (gate_highway, gates_over_time, gradient_norms, jacobian_blocks, memory_fills, norms_by_bias,
                       recall_by_lag)
from .jacobians import gain_map, jacobian_norms, norm_and_radius, resting_factor, two_units
from .luck import luck_by_lag, training_and_gradient
from .many_to_one import (accuracy_by_kind, error_by_horizon, forecast, one_answer, own_sentence, running_verdict,
                          swapped_clauses)
from .unrolling import loop_and_unrolled, loss_over_padding, padded_batch, three_lengths, travelling_change
from .vanishing import two_roundings, vanishing_product, way_back

__all__ = ["accuracy_by_kind", "accuracy_by_position", "check_curves", "clipped_descent", "counting_cliff",
           "error_by_horizon", "felt_change", "forecast", "gain_map", "gate_highway", "gates_over_time",
           "gradient_map", "gradient_norms", "jacobian_blocks", "jacobian_norms", "loop_and_unrolled",
           "loss_over_padding", "losses_by_chunk", "luck_by_lag", "memory_fills", "norm_and_radius",
           "norms_by_bias", "one_answer", "one_unit", "own_sentence", "padded_batch", "recall_by_lag",
           "resting_factor", "revealed", "running_verdict", "shared_weights", "sliding_cell",
           "swapped_clauses", "three_lengths", "tip_to_tail", "training_and_gradient", "travelling_change",
           "truncation", "two_paths", "two_readings", "two_roundings", "two_starts", "two_steps",
           "two_units", "vanishing_product", "verdicts", "waiting", "way_back"]
