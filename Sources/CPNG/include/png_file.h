// Rows of a PNG file in and out, over libpng, for callers that a longjmp must not cross.
//
// libpng reports errors by longjmp. Each function here that can meet one sets its own jump target
// and turns the error into a return value of false; the words for it are then in `…_message`.
// libpng's warnings are dropped. What would be a warning about picture data is an error.
//
// Only the row interface is used: never the simplified png_image_… calls, never png_set_quantize.
// Handles are not shared between threads. After a failure a handle can only be asked for its
// message and be destroyed.

#ifndef CPNG_PNG_FILE_H
#define CPNG_PNG_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// What the rows look like that are read or written.
typedef struct {
  /// Pixels, at least 1.
  uint32_t width;
  uint32_t height;

  /// 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha; straight alpha.
  int channel_count;

  /// Bits of a sample: 8, or 16, which is read in the computer's own byte order.
  int bit_depth;
} cpng_shape;

// Reading

typedef struct cpng_reader cpng_reader;

/// Prepares to read a file that is in memory; NULL where there is no memory for that.
///
/// `bytes` must stay valid until the reader is destroyed. `size_limit` bounds width and height. Of
/// the ancillary chunks all are skipped, except transparency and, where `reads_text` says so, text.
/// No chunk may make libpng allocate more than 8 MiB, or 256 KiB where texts are read, and at most
/// 64 are kept. All limits are set before a byte is read.
cpng_reader *cpng_reader_create(
    const uint8_t *bytes, size_t byte_count, uint32_t size_limit, bool reads_text);

/// Reads all that comes before the pixels.
///
/// `shape` receives what the pixels will be: palettes and fewer than 8 bits are expanded, and
/// transparent colours become alpha.
bool cpng_reader_read_header(cpng_reader *reader, cpng_shape *shape);

/// Reads all pixels, top row first and rows without gaps, and then to the end of the file.
///
/// `pixels` has room for exactly `byte_count` bytes, aligned to the sample; another count than the
/// shape has is refused. It is called once, after the header. Check sums of all chunks are
/// verified. A pixel beyond its palette is black.
bool cpng_reader_read_pixels(cpng_reader *reader, void *pixels, size_t byte_count);

/// Whether the rows come in passes, so that none is complete before the last; after the header.
bool cpng_reader_is_interlaced(const cpng_reader *reader);

/// Reads the next row, from the top; not of an interlaced picture, and not beyond the last row.
///
/// `row` has room for exactly `byte_count` bytes, aligned to the sample; another count than a row has
/// is refused.
bool cpng_reader_read_row(cpng_reader *reader, void *row, size_t byte_count);

/// Reads to the end of the file, after the last row.
bool cpng_reader_finish(cpng_reader *reader);

/// The texts that were read, complete after the pixels.
int cpng_reader_text_count(const cpng_reader *reader);

/// The text at an index from 0; the strings end in zero and live as long as the reader.
///
/// The keyword is Latin-1. The text is UTF-8 where `is_utf8` becomes true, else Latin-1.
void cpng_reader_text(
    const cpng_reader *reader, int index, const char **keyword, const char **text, bool *is_utf8);

/// What went wrong, in English, one line.
const char *cpng_reader_message(const cpng_reader *reader);

void cpng_reader_destroy(cpng_reader *reader);

// Writing

typedef struct cpng_writer cpng_writer;

/// Prepares to write to an open file descriptor; NULL where there is no memory for that.
cpng_writer *cpng_writer_create(int file);

/// Adds a text, before the header is written.
///
/// `keyword` is ASCII of 1…79 characters. `text` is ASCII where `is_utf8` is false.
bool cpng_writer_add_text(
    cpng_writer *writer, const char *keyword, const char *text, bool is_utf8);

/// Writes all that comes before the pixels.
bool cpng_writer_write_header(cpng_writer *writer, const cpng_shape *shape);

/// Writes the next row from `sample_count` samples in [0, 1]; another count than the shape's row has
/// is refused.
///
///     stored = floor(min(max(sample, 0), 1) (2^b - 1) + 1/2)
///
/// with b the bit depth. A sample that is not finite is stored as 0.
bool cpng_writer_write_row(cpng_writer *writer, const float *samples, size_t sample_count);

/// Writes what comes after the last row.
bool cpng_writer_finish(cpng_writer *writer);

/// What went wrong, in English, one line.
const char *cpng_writer_message(const cpng_writer *writer);

void cpng_writer_destroy(cpng_writer *writer);

#endif
