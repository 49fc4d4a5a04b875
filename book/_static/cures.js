// Faults of the vendored theme and widgets, cured in the page.
(function () {
  // The widget script typesets with MathJax 2's queue; the site has MathJax 3.
  function answerOldQueue() {
    if (window.MathJax && !window.MathJax.Hub) {
      window.MathJax.Hub = {
        Queue: function (job) {
          if (window.MathJax.typesetPromise && job && job[2]) { window.MathJax.typesetPromise([job[2]]); }
        }
      };
    }
  }
  function nameControls() {
    // The search button's name must hold its text.
    document.querySelectorAll(".search-button-field, .search-button__button").forEach(function (button) {
      var text = (button.textContent || "").replace(/\s+/g, " ").trim();
      if (text && button.getAttribute("aria-label") !== text) { button.setAttribute("aria-label", text); }
    });
    document.querySelectorAll(".theme-switch-button").forEach(function (button) {
      var name = ("Color mode " + (button.textContent || "")).replace(/\s+/g, " ").trim();
      if (button.getAttribute("aria-label") !== name) { button.setAttribute("aria-label", name); }
    });
    // The sidebar is one landmark, its logo included; a chapter's fold says whose it is.
    document.querySelectorAll(".bd-sidebar-primary:not([role])").forEach(function (bar) {
      bar.setAttribute("role", "navigation");
      bar.setAttribute("aria-label", "Course");
    });
    document.querySelectorAll("li.has-children > details > summary:not([aria-label])").forEach(function (fold) {
      var link = fold.closest("li").querySelector("a");
      fold.setAttribute("aria-label", "Pages below " + (link ? link.textContent.trim() : "this one"));
    });
    // A widget's controls take the name that stands beside them.
    document.querySelectorAll(".jupyter-widgets").forEach(function (box) {
      var label = box.querySelector(":scope > .widget-label, :scope > .jupyter-widgets-label");
      if (!label) { return; }
      box.querySelectorAll(".noUi-handle, [role=slider], [role=spinbutton], [contenteditable], select, input").forEach(function (control) {
        if (!control.getAttribute("aria-label")) { control.setAttribute("aria-label", label.textContent.trim() || "value"); }
      });
    });
    // What scrolls sideways can be scrolled with the keyboard.
    document.querySelectorAll("pre, .bd-content table").forEach(function (box) {
      if (box.scrollWidth > box.clientWidth && !box.hasAttribute("tabindex")) { box.setAttribute("tabindex", "0"); }
    });
  }
  function cure() { answerOldQueue(); nameControls(); }
  document.addEventListener("DOMContentLoaded", function () {
    cure();
    window.addEventListener("resize", nameControls);
    new MutationObserver(nameControls).observe(document.body, { childList: true, subtree: true });
  });
  window.addEventListener("load", cure);
})();
