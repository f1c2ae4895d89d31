// SPDX-License-Identifier: Apache-2.0
#include "run/trace_facts.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "measure/statistics.h"

namespace fitest {
namespace {

constexpr std::size_t kMaxLogBytes = std::size_t{5} << 20;  // as flashinfer-bench cuts it

Value verdict_value(const Verdict& verdict) {
  Value value;
  value.set("status", Value(name_of(verdict.status)));
  value.set("max_absolute_error", Value(verdict.max_absolute_error));
  value.set("max_relative_error", Value(verdict.max_relative_error));
  value.set("matched_ratio", Value(verdict.matched_ratio));
  if (!verdict.message.empty()) value.set("message", Value(verdict.message));
  return value;
}

Value dim_value(const Dim3& dim) {
  return Value::Array{std::int64_t{dim.x}, std::int64_t{dim.y}, std::int64_t{dim.z}};
}

Value line_value(const CodeLine& line) {
  Value value;
  value.set("file", Value(line.file));
  value.set("line", Value(static_cast<std::int64_t>(line.line)));
  if (!line.text.empty()) value.set("text", Value(line.text));
  return value;
}

// By the spread of the middle half of the samples, as a fraction of the median.
const char* noise_class(const SampleStatistics& statistics) {
  if (statistics.count < 2 || statistics.median <= 0) return "unknown";
  const double spread = statistics.interquartile_range / statistics.median;
  return spread <= 0.01 ? "low" : spread <= 0.05 ? "medium" : "high";
}

Value state_value(const DeviceState& state) {
  Value value{Value::Object{}};
  if (state.sm_clock_mhz >= 0) value.set("sm_clock_mhz", Value(state.sm_clock_mhz));
  if (state.memory_clock_mhz >= 0) value.set("memory_clock_mhz", Value(state.memory_clock_mhz));
  if (state.temperature_celsius >= 0) {
    value.set("temperature_celsius", Value(state.temperature_celsius));
  }
  if (state.power_watts >= 0) value.set("power_watts", Value(state.power_watts));
  Value::Array reasons;
  for (const std::string& reason : state.throttled_by) reasons.emplace_back(reason);
  value.set("throttled_by", Value(std::move(reasons)));
  return value;
}

void add_statistics(Value& value, const std::vector<double>& samples) {
  const SampleStatistics statistics = summarize(samples);
  value.set("count", Value(static_cast<std::int64_t>(statistics.count)));
  value.set("median_ms", Value(statistics.median));
  value.set("min_ms", Value(statistics.minimum));
  value.set("max_ms", Value(statistics.maximum));
  value.set("iqr_ms", Value(statistics.interquartile_range));
}

Value input_value(const Workload& workload, const std::string& name) {
  const Value* inputs = workload.document.find("workload") != nullptr
                            ? workload.document.find("workload")->find("inputs")
                            : workload.document.find("inputs");
  const Value* written = inputs == nullptr ? nullptr : inputs->find(name);
  if (written != nullptr) return *written;
  return Value::Object{{"type", Value("random")}};
}

void cut_log(std::string& log) {
  if (log.size() <= kMaxLogBytes) return;
  std::size_t end = kMaxLogBytes;
  while (end > 0 && (static_cast<unsigned char>(log[end]) & 0xC0) == 0x80) --end;
  log.resize(end);
  log += "\n\n[log truncated]\n";
}

}  // namespace

std::string local_timestamp() {
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const auto micros =
      std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count() %
      1000000;
  std::tm local{};
  ::localtime_r(&seconds, &local);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}", local, micros);
}

Value workload_document(const Workload& workload, const Definition& definition) {
  Value axes{Value::Object{}};
  for (const auto& [name, value] : workload.axes) axes.set(name, Value(value));
  Value inputs{Value::Object{}};
  for (const TensorSpec& input : definition.inputs) {
    inputs.set(input.name, input_value(workload, input.name));
  }
  return Value::Object{
      {"uuid", Value(workload.uuid)}, {"axes", std::move(axes)}, {"inputs", std::move(inputs)}};
}

void TraceFacts::begin(const Case& planned, Policy policy, std::uint64_t seed) {
  policy_ = policy;
  trace_.definition = planned.definition->name;
  trace_.solution = planned.solution->name;
  trace_.workload = workload_document(*planned.workload, *planned.definition);
  environment_.hardware = "unknown";
  environment_.libs["fitest"] = FITEST_VERSION;
  trace_.fitest.set("version", Value(FITEST_VERSION));
  trace_.fitest.set("author", Value(planned.solution->author));
  trace_.fitest.set("seed", Value(static_cast<std::int64_t>(seed)));
  trace_.fitest.set("policy", Value(policy == Policy::Strict ? "strict" : "compat"));
}

void TraceFacts::device(const DeviceProperties& properties) {
  environment_.hardware = properties.name;
  if (!properties.driver_version.empty()) environment_.libs["cuda"] = properties.driver_version;
  Value value;
  value.set("kind", Value(properties.kind));
  value.set("name", Value(properties.name));
  if (!properties.uuid.empty()) value.set("uuid", Value(properties.uuid));
  value.set("compute_capability",
            Value(fmt::format("{}.{}", properties.compute_major, properties.compute_minor)));
  trace_.fitest.set("device", std::move(value));
}

void TraceFacts::schedule(const std::string& schedule) {
  trace_.fitest.set("schedule", Value(schedule));
}

void TraceFacts::reference(const ReferenceResult& result) {
  Value value;
  value.set("engine", Value(result.engine));
  value.set("milliseconds", Value(result.milliseconds));
  value.set("cached", Value(result.from_cache));
  if (!result.hardware.empty()) value.set("hardware", Value(result.hardware));
  if (!result.note.empty()) {
    value.set("note", Value(result.note));
    log_ += result.note + "\n";
  }
  trace_.fitest.set("reference", std::move(value));
}

void TraceFacts::reference_timing(const ReferenceTiming& timing) {
  Value value;
  if (timing.note.empty()) {
    value.set("timer", Value("cuda_event"));
    value.set("latency_ms", Value(timing.latency_ms));
    value.set("cached", Value(timing.from_cache));
  } else {
    value.set("note", Value(timing.note));
    log_ += timing.note + "\n";
  }
  if (!timing.samples.trials.empty()) add_statistics(value, timing.samples.all());
  Value reference = *trace_.fitest.find("reference");
  reference.set("timing", std::move(value));
  trace_.fitest.set("reference", std::move(reference));
}

void TraceFacts::compiled(const CompileResult& result, const std::string& target) {
  environment_.libs["nvrtc"] = result.nvrtc_version;
  Value value;
  value.set("nvrtc", Value(result.nvrtc_version));
  value.set("target", Value(target));
  value.set("milliseconds", Value(result.compile_ms));
  value.set("cached", Value(result.from_cache));
  trace_.fitest.set("compile", std::move(value));
  if (result.succeeded) log_ += result.log;
}

void TraceFacts::kernels(const std::vector<KernelInfo>& kernels) {
  Value::Array list;
  for (const KernelInfo& kernel : kernels) {
    Value value;
    value.set("name", Value(kernel.name));
    if (kernel.registers > 0) value.set("registers", Value(kernel.registers));
    value.set("static_shared_bytes", Value(static_cast<std::int64_t>(kernel.static_shared_bytes)));
    value.set("local_bytes", Value(static_cast<std::int64_t>(kernel.local_bytes)));
    list.push_back(std::move(value));
  }
  trace_.fitest.set("kernels", Value(std::move(list)));
}

void TraceFacts::verdicts(const Verdicts& verdicts) {
  verdict_ = verdicts.of(policy_);
  Value value;
  value.set("strict", verdict_value(verdicts.strict));
  value.set("compat", verdict_value(verdicts.compat));
  trace_.fitest.set("verdicts", std::move(value));
}

namespace {

Value fault_value(const Fault& fault) {
  Value value;
  value.set("kind", Value(name_of(fault.kind)));
  value.set("message", Value(fault.message));
  if (!fault.kernel.empty()) value.set("kernel", Value(fault.kernel));
  if (fault.has_thread) {
    value.set("block", dim_value(fault.block));
    value.set("thread", dim_value(fault.thread));
  }
  if (fault.source.line != 0) value.set("source", line_value(fault.source));
  if (fault.ptx.line != 0) value.set("ptx", line_value(fault.ptx));
  if (!fault.buffer.empty()) {
    value.set("buffer", Value(fault.buffer));
    value.set("offset", Value(fault.offset));
  }
  if (fault.count > 1) value.set("count", Value(static_cast<std::int64_t>(fault.count)));
  return value;
}

}  // namespace

void TraceFacts::fault(const Fault& fault) {
  trace_.fitest.set("fault", fault_value(fault));
}

void TraceFacts::hazards(const std::vector<Fault>& hazards) {
  if (hazards.empty()) return;
  Value::Array list;
  for (const Fault& hazard : hazards) list.push_back(fault_value(hazard));
  trace_.fitest.set("hazards", Value(std::move(list)));
}

void TraceFacts::performance(const Samples& samples, const std::string& timer,
                             double reference_ms) {
  const double latency = samples.latency_ms();
  performance_ = Performance{latency, reference_ms, latency > 0 ? reference_ms / latency : 0};
  Value value;
  value.set("timer", Value(timer));
  add_statistics(value, samples.all());
  trace_.fitest.set("timing", std::move(value));
}

void TraceFacts::timing(const Timing& timing) {
  const std::vector<double> samples = timing.samples.all();
  const SampleStatistics statistics = summarize(samples);
  Value value = *trace_.fitest.find("timing");
  value.set("median_error", Value(median_error(samples)));
  value.set("noise", Value(noise_class(statistics)));
  if (!timing.timer_reason.empty()) value.set("timer_reason", Value(timing.timer_reason));
  if (!timing.other_timer.empty()) {
    const SampleStatistics other = summarize(timing.other_ms);
    value.set("other_timer", Value::Object{{"timer", Value(timing.other_timer)},
                                           {"median_ms", Value(other.median)},
                                           {"min_ms", Value(other.minimum)},
                                           {"iqr_ms", Value(other.interquartile_range)}});
  }
  value.set("launch_ms", Value(timing.launch_ms));
  value.set("input_sets", Value(static_cast<std::int64_t>(timing.sets)));
  value.set("rechecked_calls", Value(static_cast<std::int64_t>(timing.rechecked)));
  if (timing.before) value.set("before", state_value(*timing.before));
  if (timing.after) value.set("after", state_value(*timing.after));
  trace_.fitest.set("timing", std::move(value));
}

void TraceFacts::roofline(const Work& work, const std::optional<DeviceRates>& rates) {
  Value value{Value::Object{{"bytes", Value(work.bytes)}}};
  if (work.flops) value.set("flops", Value(*work.flops));
  const double milliseconds = performance_ ? performance_->latency_ms : 0;
  if (milliseconds > 0) {
    value.set("bytes_per_second", Value(1e3 * work.bytes / milliseconds));
    if (work.flops) value.set("flops_per_second", Value(1e3 * *work.flops / milliseconds));
  }
  if (rates) {
    const Roofline roofline = roofline_of(work, *rates, milliseconds);
    value.set("device_copy_bytes_per_second", Value(rates->copy_bytes_per_second));
    if (rates->matrix_flops > 0) value.set("device_matrix_flops", Value(rates->matrix_flops));
    value.set("floor_ms", Value(roofline.floor_ms));
    value.set("fraction", Value(roofline.fraction));
    value.set("bound", Value(roofline.bound));
  }
  trace_.fitest.set("roofline", std::move(value));
}

void TraceFacts::untimed() {
  trace_.fitest.set("timing", Value::Object{{"timer", Value("none")}});
}

void TraceFacts::add_step(const std::string& name, double milliseconds) {
  steps_ms_[name] += milliseconds;
}

CaseResult TraceFacts::finish(Status status, const std::string& message) {
  Value steps{Value::Object{}};
  for (const auto& [name, milliseconds] : steps_ms_) steps.set(name, Value(milliseconds));
  trace_.fitest.set("steps_ms", std::move(steps));
  Evaluation evaluation;
  evaluation.status = status;
  evaluation.environment = environment_;
  evaluation.timestamp = local_timestamp();
  if (!message.empty() && !log_.empty() && !log_.ends_with('\n')) log_ += '\n';
  evaluation.log = log_ + message;
  cut_log(evaluation.log);
  if (status == Status::Passed || status == Status::IncorrectNumerical) {
    const Verdict verdict = verdict_.value_or(Verdict{});
    Correctness correctness{verdict.max_relative_error, verdict.max_absolute_error, Value()};
    correctness.extra.set("matched_ratio", Value(verdict.matched_ratio));
    evaluation.correctness = std::move(correctness);
  }
  if (status == Status::Passed) evaluation.performance = performance_.value_or(Performance{});
  trace_.evaluation = std::move(evaluation);
  return {trace_, std::nullopt, message};
}

CaseResult TraceFacts::skipped(const std::string& reason) {
  trace_.evaluation.reset();
  trace_.fitest.set("skipped", Value(reason));
  return {trace_, reason, {}};
}

}  // namespace fitest
