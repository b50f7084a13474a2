import ArgumentParser

/// Which protocol an evaluation follows, and the numbers of the few-shot one.
struct FitProtocolOptions: ParsableArguments {
  enum Kind: String, CaseIterable, ExpressibleByArgument {
    case render, fit
  }

  @Option(
    name: .customLong("protocol"),
    help: ArgumentHelp(
      "render: views of the model's scenes. fit: objects that it does not know, fitted from a few "
        + "training views, measured on the test views.", valueName: "protocol"))
  var `protocol`: Kind = .render

  @Option(help: ArgumentHelp("How many views each object is fitted to.", valueName: "n"))
  var views: Int?

  @Option(
    help: ArgumentHelp(
      "The views, by number from 0, in the order in which --views takes them.",
      valueName: "n,n"))
  var viewList: NumberList?

  @Flag(inversion: .prefixedNo, help: "Refine the generated weights after the code.")
  var refine = true

  @Flag(help: "Find the first view's camera too.")
  var unknownCamera = false

  @OptionGroup var posterior: PosteriorOptions

  @Option(help: ArgumentHelp("Draws from each posterior; else 16.", valueName: "n"))
  var draws: Int?

  @Option(help: ArgumentHelp("The random seed of the fits; else 42.", valueName: "n"))
  var seed: UInt64?

  static let defaultViews = [3, 20, 11, 28, 7, 15, 24, 31]

  /// The numbers of the views that are fitted to.
  var chosenViews: [Int] {
    Array((viewList?.numbers ?? Self.defaultViews).prefix(views ?? 1))
  }

  func validate() throws {
    try posterior.checkCount(draws, option: "--draws")
    guard self.protocol == .fit else {
      for (name, isUsed) in [
        ("--views", views != nil), ("--view-list", viewList != nil), ("--no-refine", !refine),
        ("--unknown-camera", unknownCamera), ("--seed", seed != nil),
        ("--posterior", posterior.posterior),
      ] where isUsed {
        throw ValidationError("\(name): found it alone, expected --protocol fit beside it")
      }
      return
    }
    let count = viewList?.numbers.count ?? Self.defaultViews.count
    if let views, !(1...count).contains(views) {
      throw ValidationError("--views: found \(views), expected 1…\(count), as --view-list has them")
    }
    if unknownCamera, views ?? 1 != 1 {
      throw ValidationError("--unknown-camera: found \(views ?? 1) views, expected --views 1")
    }
  }
}

/// Whole numbers with commas, such as `3,20,11`: each from 0 on, none twice.
struct NumberList: ExpressibleByArgument {
  let numbers: [Int]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { Int($0) }
    guard numbers.count == parts.count, numbers.allSatisfy({ (0...1_000_000).contains($0) }),
      Set(numbers).count == numbers.count
    else { return nil }
    self.numbers = numbers
  }
}
