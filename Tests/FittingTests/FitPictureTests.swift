import Fitting
import Imaging
import NeuralFields
import TestSupport
import Testing
import VolumeRendering

@Suite("Fit pictures")
struct FitPictureTests {
  /// A block of one colour on a plain background, or on none.
  static func block(
    width: Int = 12, height: Int = 8, background: SIMD3<Float>?
  ) -> Image {
    let channels = background == nil ? 4 : 3
    var image = Image(width: width, height: height, channelCount: channels)
    for row in 0..<height {
      for column in 0..<width {
        let isInside = (2..<8).contains(column) && (2..<6).contains(row)
        let colour = isInside ? SIMD3<Float>(0.2, 0.6, 0.4) : background ?? .zero
        for channel in 0..<3 { image[column: column, row: row, channel: channel] = colour[channel] }
        if channels == 4 { image[column: column, row: row, channel: 3] = isInside ? 1 : 0 }
      }
    }
    return image
  }

  @Test(
    "the object is told from a plain background and from none",
    arguments: [nil, [1, 1, 1], [0, 0, 0], [0.3, 0.1, 0.9]] as [SIMD3<Float>?])
  func coverage(background: SIMD3<Float>?) throws {
    let picture = FitPicture(Self.block(background: background), background: .automatic)
    #expect(picture.background == background)
    #expect(!picture.lacksBackground)
    #expect(picture.coverage.reduce(0, +) == 24)
    try picture.check("block.png")
  }

  @Test("a stated colour and a mask decide over the border")
  func stated() {
    let image = Self.block(background: [1, 1, 1])
    let coloured = FitPicture(image, background: .colour([0.2, 0.6, 0.4]))
    #expect(coloured.coverage.reduce(0, +) == Float(12 * 8 - 24))
    var mask = Image(width: 12, height: 8, channelCount: 1)
    mask[column: 3, row: 3, channel: 0] = 1
    let masked = FitPicture(image, background: .mask(mask))
    #expect(masked.coverage.reduce(0, +) == 1 && masked.background == nil)
  }

  @Test("a border of many colours is no background")
  func filled() {
    var image = Image(width: 10, height: 10, channelCount: 3)
    for index in image.samples.indices { image.samples[index] = Float(index % 7) / 6 }
    let picture = FitPicture(image, background: .automatic)
    #expect(picture.lacksBackground && picture.coveredShare == 1)
  }

  @Test("a picture of one colour shows nothing", arguments: [0, 0.5, 1] as [Float])
  func nothing(value: Float) {
    let image = Image(width: 9, height: 9, channelCount: 3, repeating: value)
    let picture = FitPicture(image, background: .automatic)
    #expect(throws: FitError.nothingShown(picture: "a.png")) { try picture.check("a.png") }
  }

  @Test("a reduced picture keeps the mean over the object", arguments: [3, 4, 5, 11])
  func reduced(side: Int) {
    let picture = FitPicture(Self.block(background: nil), background: .automatic)
    let small = picture.reduced(toSide: side)
    #expect(max(small.width, small.height) == side)
    #expect(abs(small.coveredShare - picture.coveredShare) < 1e-5)
    for (colour, coverage) in zip(small.colours, small.coverage) where coverage > 1e-6 {
      #expect((colour - [0.2, 0.6, 0.4]).length < 1e-5)
    }
    #expect(picture.reduced(toSide: 12).coverage == picture.coverage)
  }

  @Test("cameras that cannot see the scene are refused")
  func cameras() throws {
    let model = FitFixture.model
    try model.check(FitFixture.camera(0), of: "a.png")
    let inside = Camera(
      lookingFrom: [0.2, 0.1, 0], at: [0, 0, 0.1], horizontalFieldOfView: 1, width: 8, height: 8)
    #expect(throws: FitError.cameraInside(picture: "a.png")) {
      try model.check(inside, of: "a.png")
    }
    let away = Camera(
      lookingFrom: [3, 0, 0], at: [6, 0, 0], horizontalFieldOfView: 1, width: 8, height: 8)
    #expect(throws: FitError.cameraLooksAway(picture: "a.png")) {
      try model.check(away, of: "a.png")
    }
  }
}
