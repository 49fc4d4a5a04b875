// Two accessibility faults of the vendored theme and widgets, cured in the page:
// the search button's name differs from its text, and sliders have no name.
(function () {
  function cure() {
    document.querySelectorAll("button.search-button, .search-button__button, .search-button-field").forEach(function (button) {
      var text = (button.textContent || "").replace(/\s+/g, " ").trim();
      if (text) { button.setAttribute("aria-label", text); }
    });
    document.querySelectorAll(".widget-inline-hbox, .jupyter-widgets.widget-inline-hbox").forEach(function (box) {
      var label = box.querySelector(".widget-label");
      var name = label && label.textContent.trim();
      box.querySelectorAll(".noUi-handle, [role=slider], select, input").forEach(function (control) {
        if (!control.getAttribute("aria-label")) {
          control.setAttribute("aria-label", name || "value");
        }
      });
    });
    document.querySelectorAll(".cell_output pre, div.highlight pre, .bd-content table").forEach(function (box) {
      if (box.scrollWidth > box.clientWidth && !box.hasAttribute("tabindex")) {
        box.setAttribute("tabindex", "0");   // so that the keyboard can scroll it
      }
    });
  }
  document.addEventListener("DOMContentLoaded", function () {
    cure();
    new MutationObserver(cure).observe(document.body, { childList: true, subtree: true });
  });
})();
