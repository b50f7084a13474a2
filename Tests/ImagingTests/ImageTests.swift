import Imaging
import Testing

@Suite("Image")
struct ImageTests {
  @Test("samples lie row by row, channels together")
  func layout() {
    var image = Image(width: 3, height: 2, channelCount: 2)
    image[column: 2, row: 1, channel: 1] = 0.5
    #expect(image.samples == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.5])
    #expect(image[column: 2, row: 1, channel: 1] == 0.5)
  }

  @Test(
    "alpha mixes the pixel with the background, and grey becomes RGB",
    arguments: [
      ([Float(0.5)], [Float(0.5), 0.5, 0.5]),
      ([0.5, 0.25], [0.875, 0.5, 0.125]),
      ([0.25, 0.5, 1], [0.25, 0.5, 1]),
      ([0.25, 0.5, 1, 0.5], [0.625, 0.5, 0.5]),
      ([0.25, 0.5, 1, 1], [0.25, 0.5, 1]),
      ([0.25, 0.5, 1, 0], [1, 0.5, 0]),
    ])
  func composited(pixel: [Float], expected: [Float]) {
    let image = Image(width: 1, height: 1, channelCount: pixel.count, samples: pixel)
    let result = image.composited(over: [1, 0.5, 0])
    #expect(result == Image(width: 1, height: 1, channelCount: 3, samples: expected))
  }
}
