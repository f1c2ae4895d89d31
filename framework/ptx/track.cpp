// SPDX-License-Identifier: Apache-2.0
#include "ptx/track.h"

#include <map>
#include <string>
#include <unordered_map>

#include "ptx/builtin.h"
#include "ptx/exec_async.h"
#include "ptx/exec_control.h"
#include "ptx/exec_fragment.h"
#include "ptx/exec_warp.h"
#include "ptx/handlers.h"
#include "ptx/module.h"
#include "ptx/narrow_matrix.h"
#include "ptx/warp.h"

namespace fitest::ptx {
namespace {

constexpr std::uint32_t kMatrixHeader = 3;    // words before the rows of a multiplication
constexpr std::uint32_t kFragmentHeader = 2;  // and of a fragment

// By the begin of the table's opcode; the first that fits.
struct FlowRule {
  std::string_view prefix;
  Flow flow;
};
constexpr FlowRule kFlows[] = {
    {"add.sat", Flow::Any},
    {"sub.sat", Flow::Any},
    {"add.u", Flow::Upward},
    {"add.s", Flow::Upward},
    {"sub.u", Flow::Upward},
    {"sub.s", Flow::Upward},
    {"mul.lo", Flow::Upward},
    {"mad.lo.u", Flow::Upward},
    {"mad.lo.s", Flow::Upward},
    {"mul.wide", Flow::Upward},
    {"mad.wide", Flow::Upward},
    {"mov.", Flow::Move},
    {"not.", Flow::Move},
    {"$wide", Flow::Extend},
    {"$low", Flow::ShiftRight},
    {"$high", Flow::ShiftRight},
    {"$pack", Flow::Pack},
    {"shl.", Flow::ShiftLeft},
    {"shr.", Flow::ShiftDown},
    {"shf.l", Flow::FunnelLeft},
    {"shf.r", Flow::FunnelRight},
    {"bfe.", Flow::Extract},
    {"bfi.", Flow::Insert},
    {"selp.", Flow::Choose},
    {"and.", Flow::And},
    {"or.", Flow::Or},
    {"xor.", Flow::Move},
    {"lop3.b32", Flow::Lop3},
    {"setp.eq.u", Flow::Equal},
    {"setp.eq.s", Flow::Equal},
    {"setp.eq.b", Flow::Equal},
    {"setp.ne.u", Flow::Equal},
    {"setp.ne.s", Flow::Equal},
    {"setp.ne.b", Flow::Equal},
    {"cvt.u", Flow::Extend},
    {"cvt.s8", Flow::Extend},
    {"cvt.s16", Flow::Extend},
    {"cvt.s32", Flow::Extend},
    {"cvt.s64", Flow::Extend},
    {"cvt.rn.f16x2.f32", Flow::PackHalves},
    {"cvt.rn.bf16x2.f32", Flow::PackHalves},
};

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// "u32" or "s8" at the end of an opcode.
int type_bits(std::string_view type) {
  int bits = 0;
  for (const char c : type) {
    if (c >= '0' && c <= '9') bits = 10 * bits + (c - '0');
  }
  return bits;
}

bool is_integer(std::string_view type) {
  return type.size() > 1 && (type[0] == 'u' || type[0] == 's') && type[1] >= '0' && type[1] <= '9';
}

std::string_view last_part(std::string_view opcode) {
  return opcode.substr(opcode.rfind('.') + 1);
}

// cvt.to.from, $wide.from: other conversions depend on every bit.
void set_extension(std::string_view opcode, Tracked& tracked) {
  const std::string_view from = last_part(opcode);
  const std::string_view rest = opcode.substr(0, opcode.rfind('.'));
  const std::string_view to = rest == "$wide" ? "u64" : last_part(rest);
  const bool plain = rest == "$wide" || rest.find('.') == rest.rfind('.');
  if (!plain || !is_integer(from) || !is_integer(to)) {
    tracked.flow = Flow::Any;
    return;
  }
  tracked.from_bits = static_cast<std::uint8_t>(type_bits(from));
  tracked.to_bits = static_cast<std::uint8_t>(type_bits(to));
  tracked.is_signed = from[0] == 's';
  tracked.extends_signed = to[0] == 's';
}

void set_flow(std::string_view opcode, Tracked& tracked) {
  const bool moves = opcode[0] == '$' || opcode.starts_with("mov") || opcode.starts_with("selp");
  if (opcode.ends_with("x2") && !moves && !opcode.starts_with("cvt")) {
    tracked.flow = Flow::Halves;
    return;
  }
  if (opcode == "prmt.b32") tracked.flow = Flow::Permute;
  for (const FlowRule& rule : kFlows) {
    if (!opcode.starts_with(rule.prefix)) continue;
    tracked.flow = rule.flow;
    break;
  }
  const int bits = type_bits(last_part(opcode).substr(0, 3));
  if (tracked.flow == Flow::Extend) set_extension(opcode, tracked);
  if (tracked.flow == Flow::ShiftDown) tracked.is_signed = last_part(opcode)[0] == 's';
  if (tracked.flow == Flow::Extract) tracked.is_signed = last_part(opcode)[0] == 's';
  if (tracked.flow == Flow::FunnelLeft || tracked.flow == Flow::FunnelRight) {
    tracked.is_signed = contains(opcode, "clamp");
  }
  if (tracked.flow == Flow::Pack) tracked.shift = static_cast<std::uint8_t>(bits);
  if (tracked.flow == Flow::ShiftRight) {
    tracked.from_bits = static_cast<std::uint8_t>(bits);
    tracked.shift = opcode.starts_with("$high") ? static_cast<std::uint8_t>(bits) : 0;
  }
}

// Of the handlers that are no table's.
Handler rule_of(Handler handler) {
  static const std::unordered_map<Handler, Handler> rules = {
      {&copy_async, &track_copy},
      {&update_mbarrier, &track_mbarrier},
      {&test_mbarrier, &track_mbarrier},
      {&mbarrier_pending, &track_control},
      {&shuffle, &track_shuffle},
      {&vote, &track_warp},
      {&match_any32, &track_warp},
      {&match_any64, &track_warp},
      {&match_all32, &track_warp},
      {&match_all64, &track_warp},
      {&reduce, &track_warp},
      {&elect, &track_warp},
      {&multiply_warp, &track_multiply},
      {&multiply_narrow, &track_narrow},
      {&load_blocks, &track_blocks},
      {&store_blocks, &track_blocks},
      {&transpose_matrix, &track_transpose},
      {&load_fragment, &track_fragment},
      {&store_fragment, &track_fragment},
      {&call_direct, &track_call},
      {&call_indirect, &track_call},
      {&leave_function, &track_return},
      {&read_special32, &track_control},
      {&read_special64, &track_control},
      {&read_frame_address, &track_control},
      {find_builtin("vprintf"), &track_builtin},
      {find_builtin("__assertfail"), &track_builtin},
      {find_builtin("malloc"), &track_builtin},
      {find_builtin("free"), &track_builtin},
  };
  const auto found = rules.find(handler);
  return found == rules.end() ? nullptr : found->second;
}

Handler table_rule(std::string_view opcode) {
  const bool carries = contains(opcode, ".cc.") || opcode.starts_with("addc.") ||
                       opcode.starts_with("subc.") || opcode.starts_with("madc.");
  return carries ? &track_carry : &track_value;
}

// Numbers the rows of the functions and writes the records.
class Tracker {
 public:
  explicit Tracker(Program& program) : program_(program), rows_(program.functions.size()) {}

  void run() {
    tracked_->ops.resize(program_.code.size());
    tracked_->rows.assign(program_.lists.size(), 0);
    for (std::size_t i = 0; i < program_.code.size(); ++i) track(i);
    for (const auto& rows : rows_) {
      tracked_->row_counts.push_back(static_cast<std::uint32_t>(rows.size() + 1));
    }
    program_.tracked = tracked_;
  }

 private:
  std::uint32_t row(Ref ref) {
    if (ref == kNoRef || (ref & 1) != 0) return 0;
    auto& rows = rows_[function_];
    return rows.try_emplace(ref, static_cast<std::uint32_t>(rows.size() + 1)).first->second;
  }

  void number_list(std::uint32_t first, std::uint32_t count) {
    for (std::uint32_t i = first; i < first + count; ++i) {
      tracked_->rows[i] = row(program_.lists[i]);
    }
  }

  void number_call(const Op& op) {
    for (std::uint32_t i = op.list; i < op.list + op.count; i += 2) {
      if (program_.lists[i] != 0) tracked_->rows[i + 1] = row(program_.lists[i + 1]);
    }
  }

  static std::uint32_t bytes_of(std::uint32_t word) {
    return (word & 0xFF) + (word >> 8 & 0xFF) + (word >> 16 & 0xFF) + (word >> 24);
  }

  void number_lists(const Op& op, Handler rule) {
    if (rule == &track_load || rule == &track_store || rule == &track_blocks) {
      if (op.count > 1 || rule == &track_blocks) number_list(op.list, op.count);
    } else if (rule == &track_atomic) {
      number_list(op.list, 2U * op.count);
    } else if (rule == &track_multiply || rule == &track_narrow) {
      number_list(op.list + kMatrixHeader, bytes_of(program_.lists[op.list + 2]));
    } else if (rule == &track_fragment) {
      number_list(op.list + kFragmentHeader, program_.lists[op.list] & 0xFF);
    } else if (rule == &track_call || rule == &track_builtin) {
      number_call(op);
    }
  }

  static Handler choose(const Op& op, const Origin& origin) {
    if (origin.entry != nullptr) return table_rule(origin.entry->opcode);
    if (const Handler rule = rule_of(op.handler)) return rule;
    const bool reads = (op.flags & kOpReads) != 0;
    const bool writes = (op.flags & kOpWrites) != 0;
    if (reads || writes) return !writes ? &track_load : !reads ? &track_store : &track_atomic;
    const bool converts = origin.instruction != nullptr && origin.instruction->opcode == "cvt";
    return converts ? &track_value : &track_control;
  }

  void track(std::size_t at) {
    Op& op = program_.code[at];
    const Origin& origin = program_.origins[at];
    function_ = origin.function;
    Tracked& tracked = tracked_->ops[at];
    tracked.op = op;
    tracked.guard = op.guard == kNoGuard ? 0 : row(op.guard & ~1U);
    tracked.d = row(op.d);
    tracked.sources = {row(op.a), row(op.b), row(op.c), row(op.e)};
    const Handler rule = choose(op, origin);
    if (rule == &track_carry) {
      const std::string_view opcode = origin.entry->opcode;
      tracked.p = row(0);
      tracked.reads_carry = opcode.find("c.") == 3 || opcode.starts_with("madc");
      tracked.writes_carry = contains(opcode, ".cc.");
    }
    if (rule == &track_shuffle || rule == &track_warp) tracked.p = predicate_of(op);
    if (origin.entry != nullptr) {
      tracked.codes = origin.entry->operands;
      set_flow(origin.entry->opcode, tracked);
    } else if (rule == &track_value) {
      tracked.codes = "www";
    }
    number_lists(op, rule);
    op.handler = rule;
    op.guard = kNoGuard;
  }

  // Instructions of a warp have a second result in `list`, if any.
  std::uint32_t predicate_of(const Op& op) {
    const bool has_one = op.handler == &shuffle || op.handler == &elect ||
                         op.handler == &match_all32 || op.handler == &match_all64;
    return has_one ? row(op.list) : 0;
  }

  Program& program_;
  std::uint32_t function_ = 0;
  std::vector<std::map<Ref, std::uint32_t>> rows_;
  std::shared_ptr<TrackedProgram> tracked_ = std::make_shared<TrackedProgram>();
};

}  // namespace

void track_values(Program& program) {
  Tracker(program).run();
}

}  // namespace fitest::ptx
