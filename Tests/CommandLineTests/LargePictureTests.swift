import Checkpoints
import Foundation
import Imaging
import TestSupport
import Testing

/// Pictures as large as a telephone's, whose pixels together are more than a fit may take.
@Suite("Large pictures") struct LargePictureTests {
  /// Writes a picture of a box before white, each of its pixels `scale` squared in the file.
  private static func write(
    _ name: String, scale: Int, isMask: Bool = false, in folder: TemporaryFolder
  ) throws {
    let (width, height) = (1024 * scale, 768 * scale)
    let channelCount = isMask ? 1 : 3
    func row(_ hasBox: Bool) -> Image {
      var image = Image(
        width: width, height: scale, channelCount: channelCount, repeating: isMask ? 0 : 1)
      guard hasBox else { return image }
      for row in 0..<scale {
        for column in 300 * scale..<700 * scale {
          for channel in 0..<channelCount {
            image[column: column, row: row, channel: channel] = isMask ? 1 : 0.2 * Float(channel)
          }
        }
      }
      return image
    }
    let (empty, box) = (row(false), row(true))
    let stream = try PNGStream(
      folder.path(of: name), width: width, height: height, channelCount: channelCount, bitDepth: 8,
      text: [], overwriting: false)
    for place in 0..<768 { try stream.append((200..<500).contains(place) ? box : empty) }
    try PNGStream.publish([stream])
  }

  @Test(
    "a picture of 12 megapixels is fitted to as the small one that shows the same, in little memory",
    .enabled(if: !Robustness.isSanitized),
    arguments: [false, true])
  func twelveMegapixels(hasMask: Bool) async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "m.safetensors")
      var losses: [Double] = []
      for (name, scale) in [("small", 1), ("large", 4)] {
        try Self.write("\(name).png", scale: scale, in: folder)
        try Self.write("\(name)-mask.png", scale: scale, isMask: true, in: folder)
        let (run, peak) = try await Program.runWatchingMemory(
          [
            "fit", "m.safetensors", "\(name).png", "--azimuth", "30", "--no-refine", "--json", "-o",
            "\(name).latent.safetensors",
          ] + FitCommandTests.short + (hasMask ? ["--mask", "\(name)-mask.png"] : []), in: folder)
        expectSuccess(run)
        // The pixels alone, as floats with coverage, would be 400 MiB.
        #expect(peak < 160, "\(peak) MiB")
        losses.append(try run.report(FitCommandTests.Report.self).psnr)
      }
      #expect(abs(losses[0] - losses[1]) < 0.01, "\(losses)")
      let codes = try ["small", "large"].map {
        try LatentFile.read(folder.path(of: "\($0).latent.safetensors"))
      }
      #expect(codes[0].camera == codes[1].camera)
      let nearest = try await Program.run(
        ["latents", "nearest", "m.safetensors", "large.png", "--count", "1"], in: folder)
      expectSuccess(nearest)
    }
  }

  /// A header of 8192×8192 pixels with four channels in passes, and pixels of zeros.
  private static func interlaced() -> [UInt8] {
    func number(_ value: UInt32) -> [UInt8] {
      [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }
    func chunk(_ name: String, _ contents: [UInt8]) -> [UInt8] {
      let named = Array(name.utf8) + contents
      return number(UInt32(contents.count)) + named + number(CRC32.checksum(of: named.span))
    }
    return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
      + chunk("IHDR", number(8192) + number(8192) + [8, 6, 0, 0, 1])
      + chunk("IDAT", [UInt8](repeating: 0, count: 300_000)) + chunk("IEND", [])
  }

  @Test("a large interlaced picture, which has no row before its last, is refused in one line")
  func interlacedPicture() async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "m.safetensors")
      try folder.put(Self.interlaced(), at: "p.png")
      let run = try await Program.run(
        ["fit", "m.safetensors", "p.png", "-o", "x.latent.safetensors"], in: folder)
      expectFailure(
        run, code: 65, line: "p.png: found 8192×8192 interlaced pixels, which take 256 MiB, ")
      #expect(run.errors.contains("save the picture without interlacing"))
    }
  }
}
