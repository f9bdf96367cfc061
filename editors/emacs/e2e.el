;;; e2e.el --- The server in a real Emacs, through eglot  -*- lexical-binding: t -*-

;; emacs -Q --batch -l editors/emacs/e2e.el
;; TORCH_PITFALLS names the command to test; without it, the one on PATH.

(require 'package)
(add-to-list 'package-directory-list "/usr/share/emacs/site-lisp/elpa") ; Debian's; -Q leaves it out
(package-initialize)
(require 'cl-lib)
(require 'eglot)
(require 'flymake)
(require 'project)

(setq eglot-sync-connect 60
      eglot-autoshutdown t
      eglot-confirm-server-initiated-edits nil
      eglot-confirm-server-edits nil
      make-backup-files nil)

(defconst script "import torch

model = torch.nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for batch in range(3):
    loss = model(torch.ones(1, 1)).sum()
    print(\"😀\"); loss.backward()
    optimizer.step()
")

(defun check (condition what)
  (message "%s %s" (if condition "ok  " "FAIL") what)
  (unless condition (kill-emacs 1)))

(defun eventually (condition what)
  "No idle timers run in batch: tell the server of changes and ask flymake for news by hand."
  (let ((end (+ (float-time) 60)) (is nil))
    (while (and (not (setq is (funcall condition))) (< (float-time) end))
      (when (eglot-current-server)
        (eglot--signal-textDocument/didChange)
        (flymake-start))
      (accept-process-output nil 0.05))
    (check is what)))

(defun ours ()
  (cl-remove-if-not (lambda (it) (string-match-p "missing-zero-grad\\|never cleared" (flymake-diagnostic-text it)))
                    (flymake-diagnostics)))

(defun actions (kind beg end)
  (let ((found (jsonrpc-request
                (eglot-current-server) :textDocument/codeAction
                (list :textDocument (eglot--TextDocumentIdentifier)
                      :range (list :start (eglot--pos-to-lsp-position beg) :end (eglot--pos-to-lsp-position end))
                      :context (list :diagnostics [] :only (vector kind))))))
    (append found nil)))

(defun apply-action (action)
  (eglot--apply-workspace-edit (plist-get action :edit)))

(let* ((folder (make-temp-file "torch-pitfalls-emacs-" t))
       (file (expand-file-name "train.py" folder)))
  (let ((coding-system-for-write 'utf-8)) (with-temp-file file (insert script)))
  (setq project-find-functions (list (lambda (_) (cons 'transient folder))))
  ;; The configuration that docs/editors.md tells.
  (add-to-list 'eglot-server-programs
               `(python-mode . (,(or (getenv "TORCH_PITFALLS") "torch-pitfalls") "server")))
  (let ((coding-system-for-read 'utf-8)) (find-file file))
  (python-mode)
  (apply #'eglot (eglot--guess-contact))
  (eventually #'eglot-current-server "eglot connects")
  (eventually #'ours "flymake shows the diagnostic")
  (let* ((found (car (ours))) (beg (flymake-diagnostic-beg found)) (end (flymake-diagnostic-end found)))
    (check (equal (buffer-substring beg end) "loss.backward()") "its range is right behind an emoji")
    (goto-char (1+ beg))
    (let* ((hover (jsonrpc-request (eglot-current-server) :textDocument/hover (eglot--TextDocumentPositionParams)))
           (text (plist-get (plist-get hover :contents) :value)))
      (check (string-match-p "How to fix" text) "the hover says how to fix it")
      (check (string-match-p "optimizer\\.zero_grad()" text) "the hover names the cure"))
    (let ((fix (cl-find-if (lambda (it) (eq (plist-get it :isPreferred) t)) (actions "quickfix" beg end))))
      (check fix "there is a preferred quick fix")
      (apply-action fix)))
  (check (string-match-p "optimizer\\.zero_grad()" (buffer-string)) "the quick fix inserts zero_grad()")
  (eventually (lambda () (null (ours))) "the diagnostic disappears")

  (erase-buffer)
  (insert script)
  (eventually #'ours "it comes back with the old text")
  (let ((all (car (actions "source.fixAll.torch-pitfalls" (point-min) (point-max)))))
    (check all "fix all is offered")
    (apply-action all))
  (eventually (lambda () (null (ours))) "fix all repairs the file")

  (erase-buffer)
  (insert script)
  (eventually #'ours "it comes back again")
  (setq-default eglot-workspace-configuration '(:torch-pitfalls (:ignore ["missing-zero-grad"])))
  (eglot-signal-didChangeConfiguration (eglot-current-server))
  (eventually (lambda () (null (ours))) "eglot-workspace-configuration reaches the server")

  (set-buffer-modified-p nil)
  (let ((process (jsonrpc--process (eglot-current-server))))
    (eglot-shutdown (eglot-current-server))
    (eventually (lambda () (not (process-live-p process))) "the server ends"))
  (delete-directory folder t)
  (message "PASS"))
