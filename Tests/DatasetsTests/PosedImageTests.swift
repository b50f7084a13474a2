import Datasets
import Imaging
import Testing
import VolumeRendering

@Suite("Posed image")
struct PosedImageTests {
  static let camera = Camera(
    lookingFrom: [0, -3, 0], at: .zero, horizontalFieldOfView: 0.7, width: 2, height: 1)

  @Test("a pixel is the stored colour, straight, and alpha")
  func pixels() {
    let image = Image(
      width: 2, height: 1, channelCount: 4, samples: [1, 0.2, 0, 0.4, 0, 0.6, 0.8, 1])
    let posed = PosedImage(image: image, camera: Self.camera, name: "a")
    #expect(posed.pixel(column: 0, row: 0) == ([1, 0.2, 0], 0.4))
    #expect(posed.pixel(column: 1, row: 0) == ([0, 0.6, 0.8], 1))
    #expect(posed.hasTransparency)
    #expect(posed.samples == [255, 51, 0, 102, 0, 153, 204, 255])
    #expect(posed.image == image)
  }

  @Test("a picture without alpha is opaque, and grey is repeated into three channels")
  func grey() {
    let image = Image(width: 2, height: 1, channelCount: 1, samples: [0.2, 0.6])
    let posed = PosedImage(image: image, camera: Self.camera, name: "a")
    #expect(posed.pixel(column: 1, row: 0) == ([0.6, 0.6, 0.6], 1))
    #expect(posed.channels == .grey)
    #expect(posed.samples.count == 6)
  }

  @Test("alpha that is 1 everywhere is not stored", arguments: [2, 4])
  func opaqueAlpha(channelCount: Int) {
    let image = Image(width: 2, height: 1, channelCount: channelCount, repeating: 1)
    let posed = PosedImage(image: image, camera: Self.camera, name: "a")
    #expect(!posed.hasTransparency)
    #expect(posed.samples == [UInt8](repeating: 255, count: 6))
    #expect(posed.channels == (channelCount == 2 ? .greyAlpha : .colourAlpha))
  }

  @Test("grey with alpha keeps its alpha")
  func greyAlpha() {
    let image = Image(width: 2, height: 1, channelCount: 2, samples: [0.2, 0, 0.6, 1])
    let posed = PosedImage(image: image, camera: Self.camera, name: "a")
    #expect(posed.pixel(column: 0, row: 0) == ([0.2, 0.2, 0.2], 0))
  }

  @Test(
    "a sample is rounded to the nearest of 256 levels",
    arguments: [(0.0019, 0), (0.002, 1), (0.999, 255), (1.5, 255), (-1, 0), (.nan, 0)]
      as [(Float, UInt8)])
  func rounding(sample: Float, level: UInt8) {
    let image = Image(width: 2, height: 1, channelCount: 3, repeating: sample)
    let posed = PosedImage(image: image, camera: Self.camera, name: "a")
    #expect(posed.samples == [UInt8](repeating: level, count: 6))
  }
}
