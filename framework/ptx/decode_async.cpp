// SPDX-License-Identifier: Apache-2.0
// cp.async and mbarrier.
#include "ptx/chapters.h"
#include "ptx/exec_async.h"
#include "ptx/modifiers.h"

namespace fitest::ptx {
namespace {

bool has(const Decoder& decoder, std::string_view name) {
  return has_modifier(decoder.instruction(), name);
}

Op& emit_access(Decoder& decoder, Handler handler, const Op& access) {
  Op& op = decoder.emit(handler);
  op.a = access.a;
  op.imm = access.imm;
  op.target = access.target;
  op.space = access.space;
  op.flags = access.flags;
  return op;
}

// None where the predicate ignore-src holds.
Ref bytes_unless(Decoder& decoder, const Operand& predicate, std::int64_t bytes) {
  const Ref ignores = decoder.source(predicate, 'p');
  const Ref none = decoder.constant(0, 'w');
  const Ref all = decoder.constant(static_cast<std::uint64_t>(bytes), 'w');
  const Ref result = decoder.scratch('w');
  Op& op = decoder.emit("selp.b32");
  op.d = result;
  op.a = none;
  op.b = all;
  op.c = ignores;
  return result;
}

// cp.async.{ca,cg}.shared.global [dst], [src], cp-size{, src-size | ignore-src}{, cache-policy}
void decode_copy(Decoder& decoder) {
  const Operand& size = decoder.operand(2);
  if (size.kind != OperandKind::Integer) throw Unsupported{"this size of a copy"};
  Op to;
  Op from;
  decoder.address(to, decoder.operand(0), StateSpace::Shared);
  decoder.address(from, decoder.operand(1), StateSpace::Global);
  Ref read_bytes = kNoRef;
  const bool has_policy = has(decoder, "L2::cache_hint");
  if (decoder.instruction().operands.size() > (has_policy ? 4U : 3U)) {
    const Operand& extra = decoder.operand(3);
    const bool is_predicate =
        extra.kind == OperandKind::Register && extra.reg >= 0 && decoder.cell_of(extra.reg) == 1;
    read_bytes =
        is_predicate ? bytes_unless(decoder, extra, size.integer) : decoder.source(extra, 'w');
  }
  Op& op = emit_access(decoder, &copy_async, to);
  op.b = from.a;
  op.aux = static_cast<std::uint32_t>(from.imm);
  op.e = read_bytes;
  op.bytes = static_cast<std::uint8_t>(size.integer);
}

void decode_copy_arrival(Decoder& decoder) {
  Op access;
  decoder.address(access, decoder.operand(0),
                  has(decoder, "shared") || has(decoder, "shared::cta") ? StateSpace::Shared
                                                                        : StateSpace::Generic);
  Op& op = emit_access(decoder, &update_mbarrier, access);
  op.flags |= kOpReads | kOpWrites;
  op.bytes = 8;
  op.aux = static_cast<std::uint32_t>(has(decoder, "noinc") ? MbarrierAction::ArriveCopies
                                                            : MbarrierAction::KeepCopies);
}

}  // namespace

void decode_copy_async(Decoder& decoder) {
  const bool is_async = !decoder.instruction().modifiers.empty() &&
                        decoder.instruction().modifiers.front() == "async";
  if (!is_async || has(decoder, "bulk")) throw Unsupported{"bulk and tensor copies"};
  if (has(decoder, "commit_group")) {
    decoder.emit(&commit_copies);
  } else if (has(decoder, "wait_all")) {
    decoder.emit(&wait_copies).imm = -1;
  } else if (has(decoder, "wait_group")) {
    decoder.emit(&wait_copies).imm = decoder.operand(0).integer;
  } else if (has(decoder, "mbarrier")) {
    decode_copy_arrival(decoder);
  } else {
    decode_copy(decoder);
  }
}

namespace {

MbarrierAction action_of(const Decoder& decoder) {
  if (has(decoder, "init")) return MbarrierAction::Init;
  if (has(decoder, "inval")) return MbarrierAction::Invalidate;
  if (has(decoder, "arrive_drop")) return MbarrierAction::ArriveDrop;
  if (has(decoder, "arrive")) {
    return has(decoder, "expect_tx") ? MbarrierAction::ArriveExpect : MbarrierAction::Arrive;
  }
  if (has(decoder, "expect_tx")) return MbarrierAction::Expect;
  if (has(decoder, "complete_tx")) return MbarrierAction::Complete;
  throw Unsupported{"this operation of an mbarrier"};
}

StateSpace mbarrier_space(const Decoder& decoder) {
  for (const std::string& modifier : decoder.instruction().modifiers) {
    if (modifier == "shared::cluster") return StateSpace::Shared;
    if (const auto space = space_of(modifier)) return *space;
  }
  return StateSpace::Generic;
}

// mbarrier.test_wait{.parity} p, [addr], state; try_wait may have a time limit as well.
void decode_test(Decoder& decoder) {
  const bool parity = has(decoder, "parity");
  Op access;
  decoder.address(access, decoder.operand(1), mbarrier_space(decoder));
  const Ref state = decoder.source(decoder.operand(2), parity ? 'w' : 'l');
  const Ref d = decoder.destination(decoder.operand(0), 'p');
  Op& op = emit_access(decoder, &test_mbarrier, access);
  op.flags |= kOpReads | kOpObserves;
  op.bytes = 8;
  op.b = state;
  op.d = d;
  op.aux = parity ? 1 : 0;
}

}  // namespace

void decode_mbarrier(Decoder& decoder) {
  if (has(decoder, "test_wait") || has(decoder, "try_wait")) return decode_test(decoder);
  if (has(decoder, "pending_count")) {
    const Ref state = decoder.source(decoder.operand(1), 'l');
    const Ref d = decoder.destination(decoder.operand(0), 'w');
    Op& op = decoder.emit(&mbarrier_pending);
    op.a = state;
    op.d = d;
    return;
  }
  const MbarrierAction action = action_of(decoder);
  const bool arrives = has(decoder, "arrive") || has(decoder, "arrive_drop");
  const std::size_t at = arrives ? 1 : 0;
  Op access;
  decoder.address(access, decoder.operand(at), mbarrier_space(decoder));
  const bool counted = decoder.instruction().operands.size() > at + 1;
  const Ref count = counted ? decoder.source(decoder.operand(at + 1), 'w') : kNoRef;
  const bool has_state = arrives && decoder.operand(0).kind != OperandKind::Sink;
  const Ref d = has_state ? decoder.destination(decoder.operand(0), 'l') : kNoRef;
  Op& op = emit_access(decoder, &update_mbarrier, access);
  op.flags |= action == MbarrierAction::Init ? kOpWrites : kOpReads | kOpWrites;
  op.bytes = 8;
  op.b = count;
  op.d = d;
  op.aux = static_cast<std::uint32_t>(action);
}

}  // namespace fitest::ptx
