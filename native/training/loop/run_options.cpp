#include "training/loop/run_options.h"

#include "training/loop/plan_fields.h"

namespace hepatica {

void check_run_options(const TrainingRunOptions& o) {
  require_option_in<int64_t>("epochs", o.epochs, 1, 100'000);
  require_option_in<int64_t>("batch_size", o.batch_size, 1, 4096);
  require_option_in<int64_t>("accumulation", o.accumulation, 1, o.batch_size);
  require_option_in("learning_rate", o.learning_rate, 1e-9, 10.0);
  require_option_in<int64_t>("warmup_steps", o.warmup_steps, 0, 1'000'000);
  require_option_in("minimum_rate", o.minimum_rate, 0.0, 1.0);
  require_option_in("ema_decay", o.ema_decay, 0.0, 0.999999);
  require_option_in<int64_t>("early_stopping_epochs", o.early_stopping_epochs, 0, 100'000);
  require_option_in<int64_t>("validation_every", o.validation_every, 1, 100'000);
  require_option_in("time_limit_minutes", o.time_limit_minutes, 0.0, 1e6);
  if (o.output.empty()) refuse_field("options.output", "a file name", "\"\"");
}

void check_pretrained_options(const PretrainedOptions& o) {
  require_option_in<int64_t>("frozen_epochs", o.frozen_epochs, 0, 100'000);
  require_option_in("base_learning_rate_factor", o.base_learning_rate_factor, 1e-6, 1e3);
}

void check_canvas(const std::vector<int64_t>& canvas_px) {
  if (canvas_px.size() != 2) refuse_field("options.canvas_px", "[height, width]", nlohmann::json(canvas_px).dump());
  for (const int64_t side : canvas_px) require_option_in<int64_t>("canvas_px", side, 8, 1024);
}

}  // namespace hepatica
