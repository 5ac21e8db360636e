// Converts temperatures from Celsius to Fahrenheit. What comes in and what goes out has the same shape, so the operator
// works in place and gives back the batch that it was given.
#include "hedgerow.h"

EXPORT(alloc) u8 *alloc(u32 length) { return room_for(length); }

EXPORT(process) u64 process(u32 input, u8 *batch, u32 length) {
  (void)input;
  double *temperature = batch_data(batch, 0);
  for (u32 row = 0; row < batch_rows(batch); row++) temperature[row] = temperature[row] * 9 / 5 + 32;
  return result(batch, length);
}
