// Contents that agents' macros and shortcuts send (Conversations API: schema `content`).

const KETTLES = [
  ["Blue kettle", "1.7 l, € 49", "BLUE"],
  ["Red kettle", "1 l, € 39", "RED"],
];

const items = () => KETTLES.map(([title, description, name]) => ({
  title,
  description,
  mediaUrl: `${location.origin}/avatars/${encodeURIComponent(title)}.png`,
  actions: [
    { type: "postback", text: "Choose", payload: name },
    { type: "link", text: "Details", uri: `https://shop.example/kettles?colour=${name}&ref=chat` },
  ],
}));

export const PRESETS = [
  ["Reply buttons", () => ({
    type: "text",
    text: "Would you like a refund or a new kettle?",
    actions: [
      { type: "reply", text: "A refund", payload: "REFUND" },
      { type: "reply", text: "A new kettle", payload: "REPLACE" },
    ],
  })],
  ["Link buttons", () => ({
    type: "text",
    text: "Here is what you need:",
    actions: [
      { type: "link", text: "Our return policy", uri: "https://help.example/returns" },
      { type: "webview", text: "Print the label", uri: "https://shop.example/label?id=10234&size=a6", fallback: "https://shop.example/label" },
    ],
  })],
  ["Formatted text with a link", () => ({
    type: "text",
    markdownText: "Read our [return policy](https://help.example/returns).\n\nThen write to us again.",
  })],
  ["Carousel", () => ({ type: "carousel", items: items() })],
  ["List", () => ({
    type: "list",
    items: items(),
    actions: [{ type: "link", text: "All kettles", uri: "https://shop.example/kettles" }],
  })],
  ["Form", () => ({
    type: "form",
    text: "Please tell us where to send it:",
    fields: [
      { type: "text", name: "street", label: "Street and number" },
      { type: "select", name: "time", label: "When?", options: [
        { name: "am", label: "In the morning" }, { name: "pm", label: "In the afternoon" },
      ] },
    ],
  })],
  ["A choice", () => ({
    type: "form",
    fields: [{ type: "select", name: "size", label: "Which size?", options: [
      { name: "s", label: "1 l" }, { name: "l", label: "1.7 l" },
    ] }],
  })],
  ["Location", () => ({
    type: "location",
    coordinates: { lat: 52.516275, long: 13.377704 },
    location: { name: "Our shop", address: "Pariser Platz 1, Berlin" },
  })],
];
