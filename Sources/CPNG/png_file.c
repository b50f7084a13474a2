// See png_file.h for the contract.
//
// Every variable that lives across a setjmp is a parameter or is not changed after it, so none
// needs to be volatile. Whatever outlives a call is in the handle.

#include "png_file.h"

#include <errno.h>
#include <float.h>
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum {
  message_capacity = 200,
  chunk_byte_limit = 8 << 20,
  // Texts are kept, so that all of them count together.
  text_byte_limit = 256 << 10,
  chunk_count_limit = 64,
  // The size of the pieces that the pixels are cut into, and so of most calls to the system.
  piece_byte_count = 1 << 16,
};

struct cpng_reader {
  png_structp png;
  png_infop info;
  const uint8_t *bytes;
  size_t byte_count;
  size_t offset;
  uint32_t height;
  size_t row_byte_count;
  int pass_count;
  char message[message_capacity];
};

struct cpng_writer {
  png_structp png;
  png_infop info;
  int file;
  int bit_depth;
  size_t sample_count;
  png_bytep row;
  char message[message_capacity];
};

static void keep_message(char *message, const char *text) {
  strncpy(message, text, message_capacity - 1);
  message[message_capacity - 1] = 0;
}

static void drop_warning(png_structp png, png_const_charp text) {
  (void)png;
  (void)text;
}

static bool is_little_endian(void) {
  const uint16_t one = 1;
  return *(const uint8_t *)&one == 1;
}

// Reading

static void reader_failed(png_structp png, png_const_charp text) {
  cpng_reader *reader = png_get_error_ptr(png);
  keep_message(reader->message, text);
  png_longjmp(png, 1);
}

static void take_bytes(png_structp png, png_bytep bytes, size_t byte_count) {
  cpng_reader *reader = png_get_io_ptr(png);
  if (byte_count > reader->byte_count - reader->offset) {
    png_error(png, "found the end of the file too early");
  }
  memcpy(bytes, reader->bytes + reader->offset, byte_count);
  reader->offset += byte_count;
}

cpng_reader *cpng_reader_create(
    const uint8_t *bytes, size_t byte_count, uint32_t size_limit, bool reads_text) {
  cpng_reader *reader = calloc(1, sizeof *reader);
  if (reader == NULL) return NULL;
  reader->bytes = bytes;
  reader->byte_count = byte_count;
  reader->png =
      png_create_read_struct(PNG_LIBPNG_VER_STRING, reader, reader_failed, drop_warning);
  if (reader->png != NULL) reader->info = png_create_info_struct(reader->png);
  if (reader->info == NULL) {
    cpng_reader_destroy(reader);
    return NULL;
  }
  if (setjmp(png_jmpbuf(reader->png))) {
    cpng_reader_destroy(reader);
    return NULL;
  }
  png_set_read_fn(reader->png, reader, take_bytes);
  png_set_user_limits(reader->png, size_limit, size_limit);
  png_set_chunk_malloc_max(reader->png, reads_text ? text_byte_limit : chunk_byte_limit);
  png_set_chunk_cache_max(reader->png, chunk_count_limit);
  png_set_crc_action(reader->png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  png_set_benign_errors(reader->png, 0);
  // A negative count means all ancillary chunks but transparency, known to libpng or not.
  png_set_keep_unknown_chunks(reader->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  if (reads_text) {
    static const png_byte text_chunks[] = "tEXt\0zTXt\0iTXt";
    png_set_keep_unknown_chunks(reader->png, PNG_HANDLE_CHUNK_AS_DEFAULT, text_chunks, 3);
  }
  return reader;
}

bool cpng_reader_read_header(cpng_reader *reader, cpng_shape *shape) {
  if (setjmp(png_jmpbuf(reader->png))) return false;
  png_read_info(reader->png, reader->info);
  png_set_expand(reader->png);
  if (is_little_endian()) png_set_swap(reader->png);
  reader->pass_count = png_set_interlace_handling(reader->png);
  png_read_update_info(reader->png, reader->info);
  reader->height = png_get_image_height(reader->png, reader->info);
  reader->row_byte_count = png_get_rowbytes(reader->png, reader->info);
  shape->width = png_get_image_width(reader->png, reader->info);
  shape->height = reader->height;
  shape->channel_count = png_get_channels(reader->png, reader->info);
  shape->bit_depth = png_get_bit_depth(reader->png, reader->info);
  return true;
}

bool cpng_reader_read_pixels(cpng_reader *reader, void *pixels, size_t byte_count) {
  if (setjmp(png_jmpbuf(reader->png))) return false;
  if (reader->row_byte_count == 0 || byte_count % reader->row_byte_count != 0 ||
      byte_count / reader->row_byte_count != reader->height) {
    png_error(reader->png, "found a buffer of another size than the picture");
  }
  for (int pass = 0; pass < reader->pass_count; pass++) {
    for (uint32_t row = 0; row < reader->height; row++) {
      png_read_row(reader->png, (png_bytep)pixels + row * reader->row_byte_count, NULL);
    }
  }
  png_read_end(reader->png, reader->info);
  return true;
}

bool cpng_reader_is_interlaced(const cpng_reader *reader) { return reader->pass_count > 1; }

bool cpng_reader_read_row(cpng_reader *reader, void *row, size_t byte_count) {
  if (setjmp(png_jmpbuf(reader->png))) return false;
  if (reader->pass_count != 1 || byte_count != reader->row_byte_count) {
    png_error(reader->png, "found a buffer of another size than the picture's rows");
  }
  png_read_row(reader->png, row, NULL);
  return true;
}

bool cpng_reader_finish(cpng_reader *reader) {
  if (setjmp(png_jmpbuf(reader->png))) return false;
  png_read_end(reader->png, reader->info);
  return true;
}

int cpng_reader_text_count(const cpng_reader *reader) {
  int count = 0;
  png_get_text(reader->png, reader->info, NULL, &count);
  return count;
}

void cpng_reader_text(
    const cpng_reader *reader, int index, const char **keyword, const char **text, bool *is_utf8) {
  png_textp texts = NULL;
  png_get_text(reader->png, reader->info, &texts, NULL);
  *keyword = texts[index].key;
  *text = texts[index].text;
  *is_utf8 = texts[index].compression >= PNG_ITXT_COMPRESSION_NONE;
}

const char *cpng_reader_message(const cpng_reader *reader) { return reader->message; }

void cpng_reader_destroy(cpng_reader *reader) {
  png_destroy_read_struct(&reader->png, &reader->info, NULL);
  free(reader);
}

// Writing

static void writer_failed(png_structp png, png_const_charp text) {
  cpng_writer *writer = png_get_error_ptr(png);
  keep_message(writer->message, text);
  png_longjmp(png, 1);
}

static void put_bytes(png_structp png, png_bytep bytes, size_t byte_count) {
  cpng_writer *writer = png_get_io_ptr(png);
  while (byte_count > 0) {
    const ssize_t written = write(writer->file, bytes, byte_count);
    if (written < 0) {
      if (errno == EINTR) continue;
      png_error(png, strerror(errno));
    }
    bytes += written;
    byte_count -= (size_t)written;
  }
}

// libpng's own would use the C library's streams.
static void flush_nothing(png_structp png) { (void)png; }

cpng_writer *cpng_writer_create(int file) {
  cpng_writer *writer = calloc(1, sizeof *writer);
  if (writer == NULL) return NULL;
  writer->file = file;
  writer->png =
      png_create_write_struct(PNG_LIBPNG_VER_STRING, writer, writer_failed, drop_warning);
  if (writer->png != NULL) writer->info = png_create_info_struct(writer->png);
  if (writer->info == NULL) {
    cpng_writer_destroy(writer);
    return NULL;
  }
  if (setjmp(png_jmpbuf(writer->png))) {
    cpng_writer_destroy(writer);
    return NULL;
  }
  png_set_write_fn(writer->png, writer, put_bytes, flush_nothing);
  // Paeth's filter leaves runs of equal bytes in rendered pictures. To look for runs alone makes files
  // as small as a search for all repetitions does, in a quarter of the time.
  png_set_filter(writer->png, PNG_FILTER_TYPE_BASE, PNG_FILTER_PAETH);
  png_set_compression_strategy(writer->png, Z_RLE);
  png_set_compression_buffer_size(writer->png, piece_byte_count);
  return writer;
}

bool cpng_writer_add_text(
    cpng_writer *writer, const char *keyword, const char *text, bool is_utf8) {
  if (setjmp(png_jmpbuf(writer->png))) return false;
  // libpng copies both strings and changes neither.
  const png_text entry = {
      .compression = is_utf8 ? PNG_ITXT_COMPRESSION_NONE : PNG_TEXT_COMPRESSION_NONE,
      .key = (png_charp)keyword,
      .text = (png_charp)text,
  };
  png_set_text(writer->png, writer->info, &entry, 1);
  return true;
}

bool cpng_writer_write_header(cpng_writer *writer, const cpng_shape *shape) {
  static const int color_types[] = {
      PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
      PNG_COLOR_TYPE_RGB_ALPHA};
  if (setjmp(png_jmpbuf(writer->png))) return false;
  if (shape->channel_count < 1 || shape->channel_count > 4 ||
      (shape->bit_depth != 8 && shape->bit_depth != 16)) {
    png_error(writer->png, "found a shape that is not written");
  }
  png_set_IHDR(
      writer->png, writer->info, shape->width, shape->height, shape->bit_depth,
      color_types[shape->channel_count - 1], PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
      PNG_FILTER_TYPE_DEFAULT);
  png_write_info(writer->png, writer->info);
  writer->bit_depth = shape->bit_depth;
  writer->sample_count = (size_t)shape->width * (size_t)shape->channel_count;
  writer->row = png_malloc(writer->png, png_get_rowbytes(writer->png, writer->info));
  return true;
}

/// A sample as a stored number. Comparisons with what is not a number are false.
static inline int32_t stored(float sample, float greatest) {
  const float clamped = sample < 1 ? sample : 1;
  const float finite = sample > 0 && sample <= FLT_MAX ? clamped : 0;
  return (int32_t)(finite * greatest + 0.5f);
}

bool cpng_writer_write_row(cpng_writer *writer, const float *samples, size_t sample_count) {
  if (setjmp(png_jmpbuf(writer->png))) return false;
  if (sample_count != writer->sample_count) {
    png_error(writer->png, "found a row of another size than the picture's");
  }
  png_bytep row = writer->row;
  if (writer->bit_depth == 8) {
    for (size_t i = 0; i < sample_count; i++) row[i] = (png_byte)stored(samples[i], 255);
  } else {
    // The file has the higher byte first.
    for (size_t i = 0; i < sample_count; i++) {
      const int32_t value = stored(samples[i], 65535);
      row[2 * i] = (png_byte)(value >> 8);
      row[2 * i + 1] = (png_byte)value;
    }
  }
  png_write_row(writer->png, row);
  return true;
}

bool cpng_writer_finish(cpng_writer *writer) {
  if (setjmp(png_jmpbuf(writer->png))) return false;
  png_write_end(writer->png, NULL);
  return true;
}

const char *cpng_writer_message(const cpng_writer *writer) { return writer->message; }

void cpng_writer_destroy(cpng_writer *writer) {
  if (writer->row != NULL) png_free(writer->png, writer->row);
  png_destroy_write_struct(&writer->png, &writer->info);
  free(writer);
}
