// SPDX-License-Identifier: Apache-2.0
#include "device/device.h"
#include "schema/trace.h"
